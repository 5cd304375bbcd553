// Writes the compiled kernels as a string into a TypeScript module, so that the package is plain ES modules: no file to
// locate at run time, and every bundler works. In hexadecimal: it gzips better than base64, which hides repetitions.
import { readFileSync, writeFileSync } from "node:fs";

const wasm = readFileSync(new URL("../build/lanenorm.wasm", import.meta.url));
const target = new URL("../src/engine/binary.generated.ts", import.meta.url);
writeFileSync(target, `export const wasmHex: string =\n  "${wasm.toString("hex")}";\n`);
console.log(`embedded ${wasm.length} bytes of WebAssembly`);
