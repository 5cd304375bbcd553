import { type Holding, Ledger } from "./ledger.js";

/** A stretch of free memory. */
interface Gap {
  offset: number;
  bytes: number;
}

/** Allocations start on cache lines, and vectors never straddle two of them needlessly. */
const ALIGNMENT = 64;

/**
 * A first-fit allocator over offsets: it never touches the memory it parcels out. Gaps are kept in order of address
 * and merged with their neighbours, so that what is freed is found again however it was parcelled before. The last one
 * has no end: some of it was never used, or is not even there.
 */
export class Allocator extends Ledger {
  readonly #gaps: Gap[];
  #reserved = 0;

  /** Parcels out what lies at `start` and above. */
  constructor(start: number) {
    super();
    this.#gaps = [{ offset: roundUp(start), bytes: Infinity }];
  }

  /**
   * The offset of `bytes` bytes. `reserve(end)` is called before anything changes if memory must reach up to `end`;
   * if it throws, the allocator is as it was.
   */
  take(bytes: number, reserve: (end: number) => void): number {
    const size = Math.max(ALIGNMENT, roundUp(bytes));
    const index = this.#gaps.findIndex((gap) => gap.bytes >= size);
    const gap = this.#gaps[index];
    const { offset } = gap;
    if (offset + size > this.#reserved) reserve(offset + size);
    this.#reserved = Math.max(this.#reserved, offset + size);
    gap.offset += size;
    gap.bytes -= size;
    if (gap.bytes === 0) this.#gaps.splice(index, 1);
    this.hold(offset, { start: offset, size });
    return offset;
  }

  protected override giveBack({ start, size }: Holding): void {
    const index = this.#gaps.findIndex((gap) => gap.offset > start);
    this.#gaps.splice(index, 0, { offset: start, bytes: size });
    this.#mergeWithNext(index);
    if (index > 0) this.#mergeWithNext(index - 1);
  }

  #mergeWithNext(index: number): void {
    const gap = this.#gaps[index];
    const next = this.#gaps[index + 1];
    if (gap.offset + gap.bytes !== next.offset) return;
    gap.bytes += next.bytes;
    this.#gaps.splice(index + 1, 1);
  }
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
