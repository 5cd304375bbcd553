/**
 * Elements that lie elsewhere than in memory, in a file say. They pass through tiles as those of a host tensor do, so what
 * is computed of them is the same, bit for bit, and takes as little memory.
 */
export interface Stored {
  /** Fills `bytes` with elements, from index `start` on. */
  read(bytes: Uint8Array, start: number): void;
  /** Takes elements, from index `start` on. */
  write(bytes: Uint8Array, start: number): void;
}
