// The kernels as they are embedded: scripts/embed-wasm.mjs writes them as text.

import { digits, order, text } from "./binary.generated.js";

/** The bytes of the compiled kernels. */
export function decodeBinary(): Uint8Array<ArrayBuffer> {
  const singles = digits.length - 2;
  const values = new Uint8Array(128);
  for (let digit = 0; digit < digits.length; digit++) values[digits.charCodeAt(digit)] = digit;
  const byRank = Uint8Array.from({ length: 256 }, (_, rank) => parseInt(order.slice(2 * rank, 2 * rank + 2), 16));
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    let rank = values[text.charCodeAt(at)];
    // The last two digits begin a pair, for the bytes that are less common.
    if (rank >= singles) rank = singles + (rank - singles) * digits.length + values[text.charCodeAt(++at)];
    bytes[length++] = byRank[rank];
  }
  return bytes.slice(0, length);
}
