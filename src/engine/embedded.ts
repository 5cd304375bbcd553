// The kernels as they are embedded: scripts/embed-wasm.mjs writes them as text.

import { digits, order, text } from "./binary.generated.js";

/** The bytes of the compiled kernels. */
export function decodeBinary(): Uint8Array<ArrayBuffer> {
  const bytes = decodeText();
  const [instructions, locals, places] = streamsOf(bytes);
  const wasm = new Uint8Array(bytes.length);
  let [length, local, place] = [0, 0, 0];
  for (let at = 0; at < instructions.length; at++) {
    const byte = (wasm[length++] = instructions[at]);
    if (byte >= 0x20 && byte <= 0x22) wasm[length++] = locals[local++];
    else if (byte === 0xfd && (instructions[at + 1] === 0 || instructions[at + 1] === 11)) {
      wasm[length++] = instructions[++at];
      wasm[length++] = places[place++];
      wasm[length++] = places[place++];
    }
  }
  return wasm.slice(0, length);
}

/** What the text stands for. */
function decodeText(): Uint8Array {
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
  return bytes.subarray(0, length);
}

/** Instructions, locals and places in memory, each of which follows its length in three bytes. */
function streamsOf(bytes: Uint8Array): Uint8Array[] {
  const streams: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    streams.push(bytes.subarray(at + 3, at + 3 + length));
    at += 3 + length;
  }
  return streams;
}
