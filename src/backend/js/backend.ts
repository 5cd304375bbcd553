import type { Backend } from "../backend.js";
const no = () => {
  throw new Error("not yet");
};
export const jsBackend: Backend = {
  name: "js",
  normalize: no,
  moments: no,
  affineGlobal: no,
  affineVectorized: no,
  power: no,
  localResponse: no,
};
