import { readSync, writeSync } from "node:fs";

/** One call reads or writes less than 2^31 bytes. */
const MOST_BYTES = 2 ** 26;

/** Fills `bytes` from `position` on, as far as the file goes. Returns how many bytes there were. */
export function readAt(fd: number, bytes: Uint8Array, position: number): number {
  let filled = 0;
  while (filled < bytes.length) {
    const read = readSync(fd, bytes, filled, Math.min(MOST_BYTES, bytes.length - filled), position + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}

/** Writes all of `bytes` from `position` on. */
export function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  let written = 0;
  while (written < bytes.length) {
    const count = Math.min(MOST_BYTES, bytes.length - written);
    written += writeSync(fd, bytes, written, count, position + written);
  }
}
