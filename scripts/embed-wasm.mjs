// Writes the compiled kernels as text into a TypeScript module, so that the package is plain ES modules: no file to
// locate at run time, and every bundler works. One character for each of the commonest bytes, two for the others (see
// src/engine/embedded.ts): it gzips as well as the binary does, a tenth better than hexadecimal and a third better than
// base64, which hides repetitions.
import { readFileSync, writeFileSync } from "node:fs";

/** Printable ASCII but for the quote and the backslash: strings need no escapes. */
const digits = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).filter(
  (character) => character !== '"' && character !== "\\",
);
/** Digits that stand for a byte alone; the last two begin a pair. */
const singles = digits.length - 2;

const wasm = readFileSync(new URL("../build/lanenorm.wasm", import.meta.url));
const order = commonestFirst(wasm);
const codes = [];
for (const [rank, byte] of order.entries()) codes[byte] = codeOf(rank);

const target = new URL("../src/engine/binary.generated.ts", import.meta.url);
const lines = [
  `export const digits: string =\n  "${digits.join("")}";`,
  `export const order: string =\n  "${Buffer.from(order).toString("hex")}";`,
  `export const text: string =\n  "${Array.from(wasm, (byte) => codes[byte]).join("")}";`,
];
writeFileSync(target, `${lines.join("\n")}\n`);
console.log(`embedded ${wasm.length} bytes of WebAssembly`);

function commonestFirst(bytes) {
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte]++;
  return counts.map((_, byte) => byte).sort((a, b) => counts[b] - counts[a] || a - b);
}

function codeOf(rank) {
  if (rank < singles) return digits[rank];
  const rest = rank - singles;
  return digits[singles + Math.floor(rest / digits.length)] + digits[rest % digits.length];
}
