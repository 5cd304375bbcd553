// Writes the bits that `lanenorm info` expects. To be run, after a build, when a formula has changed on purpose:
//
//   npm run build && node scripts/write-self-test.mjs
import { writeFileSync } from "node:fs";
import { measureBits } from "../dist/cli/self_test.js";
import { createEngineSync } from "../dist/index.js";

const tables = ["wasm", "js"].map((backend) => {
  const lines = Object.entries(measureBits(createEngineSync({ backend }))).map(
    ([op, bits]) => `    ${op}: "${bits}",\n`,
  );
  return `  ${backend}: {\n${lines.join("")}  },\n`;
});
const text = `// Written by scripts/write-self-test.mjs.

/** For each op, eight digits of a hash of its results in the self-test. */
export const expectedBits = {
${tables.join("")}};
`;
writeFileSync(new URL("../src/cli/self_test_bits.ts", import.meta.url), text);
