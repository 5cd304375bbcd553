// Writes the compiled kernels as text into a TypeScript module, so that the package is plain ES modules: no file to
// locate at run time, and every bundler works. What src/engine/embedded.ts reads gzips a tenth better than the binary:
//
// - What follows an instruction for a local (0x20 to 0x22) or a vector's load or store is apart from the instructions: these
//   repeat from kernel to kernel where the locals differ. No more is known of WebAssembly than that, and if it were wrong,
//   the text would only be longer.
// - One character for each of the commonest bytes, two for the others.
import { readFileSync, writeFileSync } from "node:fs";

/** Printable ASCII but for the quote and the backslash: strings need no escapes. */
const digits = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).filter(
  (character) => character !== '"' && character !== "\\",
);
/** Digits that stand for a byte alone; the last two begin a pair. */
const singles = digits.length - 2;

const wasm = readFileSync(new URL("../build/lanenorm.wasm", import.meta.url));
const bytes = apart(wasm);
const order = commonestFirst(bytes);
const codes = [];
for (const [rank, byte] of order.entries()) codes[byte] = codeOf(rank);

const target = new URL("../src/engine/binary.generated.ts", import.meta.url);
const lines = [
  `export const digits: string =\n  "${digits.join("")}";`,
  `export const order: string =\n  "${Buffer.from(order).toString("hex")}";`,
  `export const text: string =\n  "${bytes.map((byte) => codes[byte]).join("")}";`,
];
writeFileSync(target, `${lines.join("\n")}\n`);
console.log(`embedded ${wasm.length} bytes of WebAssembly`);

/** Instructions, then locals, then places in memory, each behind its length in three bytes. */
function apart(wasm) {
  const [instructions, locals, places] = [[], [], []];
  for (let at = 0; at < wasm.length;) {
    const byte = wasm[at++];
    instructions.push(byte);
    if (byte >= 0x20 && byte <= 0x22) locals.push(wasm[at++]);
    else if (byte === 0xfd && (wasm[at] === 0 || wasm[at] === 11)) {
      instructions.push(wasm[at++]);
      places.push(wasm[at++], wasm[at++]);
    }
  }
  return [instructions, locals, places].flatMap(({ length }, index, streams) => [
    length & 0xff,
    (length >> 8) & 0xff,
    length >> 16,
    ...streams[index],
  ]);
}

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
