/** A stretch of free memory. */
interface Gap {
  offset: number;
  bytes: number;
}

/** Allocations start on cache lines, and vectors never straddle two of them needlessly. */
const ALIGNMENT = 64;

/**
 * A first-fit allocator over offsets: it never touches the memory it parcels out. Gaps are kept in order of address
 * and merged with their neighbours, so that what is freed is found again however it was parcelled before.
 */
export class Allocator {
  readonly #gaps: Gap[] = [];
  readonly #sizes = new Map<number, number>();
  #end: number;
  #usedBytes = 0;
  #peakBytes = 0;

  /** Parcels out what lies at `start` and above. */
  constructor(start: number) {
    this.#end = roundUp(start);
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get peakBytes(): number {
    return this.#peakBytes;
  }

  /**
   * The offset of `bytes` bytes. `reserve(end)` is called before anything changes if memory must reach up to `end`;
   * if it throws, the allocator is as it was.
   */
  allocate(bytes: number, reserve: (end: number) => void): number {
    const size = Math.max(ALIGNMENT, roundUp(bytes));
    const index = firstFit(this.#gaps, size);
    const offset = index >= 0 ? this.#takeGap(index, size) : this.#takeEnd(size, reserve);
    this.#sizes.set(offset, size);
    this.#usedBytes += size;
    this.#peakBytes = Math.max(this.#peakBytes, this.#usedBytes);
    return offset;
  }

  /** Takes back what allocate gave. */
  free(offset: number): void {
    const bytes = this.#sizes.get(offset);
    if (bytes === undefined) return;
    this.#sizes.delete(offset);
    this.#usedBytes -= bytes;
    this.#insertGap(offset, bytes);
  }

  #takeGap(index: number, size: number): number {
    const gap = this.#gaps[index];
    const offset = gap.offset;
    if (gap.bytes === size) this.#gaps.splice(index, 1);
    else {
      gap.offset += size;
      gap.bytes -= size;
    }
    return offset;
  }

  #takeEnd(size: number, reserve: (end: number) => void): number {
    const last = this.#gaps.at(-1);
    const joins = last !== undefined && last.offset + last.bytes === this.#end;
    const offset = joins ? last.offset : this.#end;
    reserve(offset + size);
    if (joins) this.#gaps.pop();
    this.#end = offset + size;
    return offset;
  }

  #insertGap(offset: number, bytes: number): void {
    const gaps = this.#gaps;
    let index = gaps.findIndex((gap) => gap.offset > offset);
    if (index < 0) index = gaps.length;
    const before = gaps[index - 1];
    const after = gaps[index];
    const joinsBefore = before !== undefined && before.offset + before.bytes === offset;
    const joinsAfter = after !== undefined && offset + bytes === after.offset;
    if (joinsBefore) {
      before.bytes += bytes;
      if (!joinsAfter) return;
      before.bytes += after.bytes;
      gaps.splice(index, 1);
    } else if (joinsAfter) {
      after.offset = offset;
      after.bytes += bytes;
    } else gaps.splice(index, 0, { offset, bytes });
  }
}

function firstFit(gaps: readonly Gap[], size: number): number {
  for (let index = 0; index < gaps.length; index++) if (gaps[index].bytes >= size) return index;
  return -1;
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
