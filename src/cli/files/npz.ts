import type { InputFile } from "./input.js";
import type { Location } from "./location.js";
export function locateInNpz(file: InputFile, wanted: string | undefined): Promise<Location> { throw new Error("npz" + file.name + wanted); }
