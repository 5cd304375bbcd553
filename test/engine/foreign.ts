/** A model of another module: its linear memory and a malloc in it that watches its callers. */
export interface ForeignMemory {
  readonly memory: WebAssembly.Memory;
  readonly allocate: (bytes: number) => number;
  readonly free: (offset: number) => void;
  /** Bytes by offset of what was given out and not freed. */
  readonly live: ReadonlyMap<number, number>;
  /** Everything that was freed without having been given out. */
  readonly strayFrees: readonly number[];
  /** How many allocations there have been. */
  readonly count: () => number;
}

export interface ForeignOptions {
  readonly pages?: number;
  /** Where the module's own malloc begins. */
  readonly heapBase?: number;
  readonly alignment?: number;
  /** Whether every allocation grows the memory, if by nothing: views of it are detached. */
  readonly growing?: boolean;
}

/** First fit over what is live; like most mallocs, it gives a distinct offset for no bytes, too, and 0 for a refusal. */
export function foreignMemory({
  pages = 4,
  heapBase = 1024,
  alignment = 8,
  growing = false,
}: ForeignOptions = {}): ForeignMemory {
  const memory = new WebAssembly.Memory({ initial: pages });
  const live = new Map<number, number>();
  const strayFrees: number[] = [];
  let count = 0;
  return {
    memory,
    live,
    strayFrees,
    count: () => count,
    allocate: (bytes) => {
      count++;
      if (growing) memory.grow(0);
      const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
      let offset = heapBase;
      for (const [start, length] of [...live].sort(([a], [b]) => a - b)) {
        if (offset + size <= start) break;
        offset = start + length;
      }
      if (offset + size > memory.buffer.byteLength) return 0;
      live.set(offset, size);
      // What malloc gives out holds whatever was there before.
      new Uint8Array(memory.buffer, offset, size).fill(0xa5);
      return offset;
    },
    free: (offset) => {
      if (!live.delete(offset)) strayFrees.push(offset);
    },
  };
}
