import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Allocator } from "../../src/engine/allocator.js";
import { LinearMemory, type MemoryLike, PAGE_BYTES } from "../../src/engine/memory.js";
import { OwnHeap } from "../../src/engine/heap.js";

/** What a user of the allocator sees: live blocks, and how far memory was reserved. */
class Model {
  readonly blocks = new Map<number, number>();
  end = 0;
  readonly start: number;

  constructor(start: number) {
    this.start = start;
  }

  get usedBytes(): number {
    return [...this.blocks.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  expectFree(offset: number, bytes: number): void {
    for (const [other, size] of this.blocks)
      expect(offset + bytes <= other || other + size <= offset, `${offset} overlaps ${other}`).toBe(true);
  }
}

interface Real {
  readonly allocator: Allocator;
}

const rounded = (bytes: number): number => Math.max(64, Math.ceil(bytes / 64) * 64);

class Allocate implements fc.Command<Model, Real> {
  readonly bytes: number;

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, { allocator }: Real): void {
    const offset = allocator.take(this.bytes, (end) => {
      expect(end).toBeGreaterThan(model.end);
      model.end = end;
    });
    expect(offset % 64).toBe(0);
    expect(offset).toBeGreaterThanOrEqual(model.start);
    expect(offset + rounded(this.bytes)).toBeLessThanOrEqual(model.end);
    model.expectFree(offset, rounded(this.bytes));
    model.blocks.set(offset, rounded(this.bytes));
    expect(allocator.usedBytes).toBe(model.usedBytes);
  }

  toString(): string {
    return `allocate(${this.bytes})`;
  }
}

/** An allocation for which no memory is to be had: nothing may change. */
class AllocateInVain implements fc.Command<Model, Real> {
  check(): boolean {
    return true;
  }

  run(model: Model, { allocator }: Real): void {
    const refusal = new Error("no memory");
    const attempt = () =>
      allocator.take(2 ** 40, () => {
        throw refusal;
      });
    expect(attempt).toThrow(refusal);
    expect(allocator.usedBytes).toBe(model.usedBytes);
  }

  toString(): string {
    return "allocateInVain()";
  }
}

class Free implements fc.Command<Model, Real> {
  readonly choice: number;

  constructor(choice: number) {
    this.choice = choice;
  }

  check(model: Readonly<Model>): boolean {
    return model.blocks.size > 0;
  }

  run(model: Model, { allocator }: Real): void {
    const offset = [...model.blocks.keys()][this.choice % model.blocks.size];
    allocator.free(offset);
    model.blocks.delete(offset);
    expect(allocator.usedBytes).toBe(model.usedBytes);
    // What is free, or never was given out, cannot be freed.
    allocator.free(offset);
    allocator.free(offset + 4);
    allocator.free(-1);
    expect(allocator.usedBytes).toBe(model.usedBytes);
  }

  toString(): string {
    return `free(#${this.choice})`;
  }
}

const size = fc.oneof(fc.nat(300), fc.constantFrom(0, 1, 63, 64, 65, 4096, 1 << 20, 2 ** 31, 2 ** 31 + 1));

describe("Allocator", () => {
  // The second start lies below 2^31, so that blocks straddle the end of signed 32-bit numbers.
  it.each([1088, 2 ** 31 - 4096])("gives out blocks from %i up that never overlap", (start) => {
    const commands = fc.commands(
      [
        size.map((bytes) => new Allocate(bytes)),
        size.map((bytes) => new Allocate(bytes)),
        fc.nat().map((choice) => new Free(choice)),
        fc.constant(new AllocateInVain()),
      ],
      { maxCommands: 60 },
    );
    fc.assert(
      fc.property(commands, (sequence) => {
        const model = new Model(start);
        const allocator = new Allocator(start);
        fc.modelRun(() => ({ model, real: { allocator } }), sequence);
        expectOneGap(allocator, model);
      }),
      { numRuns: 300 },
    );
  });

  it("rounds its start up, and knows its peak", () => {
    const allocator = new Allocator(65);
    const first = allocator.take(64, ignore);
    const second = allocator.take(1, ignore);
    expect([first, second]).toEqual([128, 192]);
    allocator.free(first);
    allocator.free(second);
    allocator.take(64, ignore);
    expect([allocator.usedBytes, allocator.peakBytes]).toEqual([64, 128]);
  });

  it("takes the first gap that is large enough", () => {
    const allocator = new Allocator(64);
    const blocks = [64, 64, 128, 64, 256, 64].map((bytes) => allocator.take(bytes, ignore));
    for (const index of [0, 2, 4]) allocator.free(blocks[index]);
    expect(allocator.take(100, refuse)).toBe(blocks[2]);
    expect(allocator.take(64, refuse)).toBe(blocks[0]);
    expect(allocator.take(64, refuse)).toBe(blocks[4]);
    expect(allocator.take(192, refuse)).toBe(blocks[4] + 64);
  });

  it("extends the gap at the end before it takes new memory", () => {
    const allocator = new Allocator(64);
    allocator.take(64, ignore);
    const last = allocator.take(64, ignore);
    allocator.free(last);
    let reserved = 0;
    expect(allocator.take(1024, (end) => (reserved = end))).toBe(last);
    expect(reserved).toBe(last + 1024);
  });
});

/** When all is freed, whatever was reserved is one gap again. */
function expectOneGap(allocator: Allocator, model: Model): void {
  for (const offset of model.blocks.keys()) allocator.free(offset);
  expect(allocator.usedBytes).toBe(0);
  const all = model.end - model.start;
  if (all > 0) expect(allocator.take(all, refuse)).toBe(model.start);
}

function ignore(): void {
  // Memory without end.
}

function refuse(): void {
  throw new Error("asked for memory that it has");
}

/** A memory of any size that holds no bytes. */
class HollowMemory implements MemoryLike {
  bytes = PAGE_BYTES;

  get buffer(): ArrayBuffer {
    return Object.defineProperty(new ArrayBuffer(0), "byteLength", { value: this.bytes });
  }

  grow(pages: number): number {
    const before = this.bytes;
    if (before + pages * PAGE_BYTES > 2 ** 32) throw new RangeError("no more");
    this.bytes += pages * PAGE_BYTES;
    return before / PAGE_BYTES;
  }
}

/** LinearMemory looks at bytes when it is made; these are there only once it is. */
function hollow(): { memory: LinearMemory; raw: HollowMemory } {
  const raw = new HollowMemory();
  const memory = new LinearMemory({ buffer: new ArrayBuffer(PAGE_BYTES), grow: (pages) => raw.grow(pages) });
  Object.defineProperty(memory, "memory", { value: raw });
  return { memory, raw };
}

describe("OwnHeap", () => {
  it("gives out offsets past 2^31 as positive numbers, up to 4 GiB", () => {
    const { memory, raw } = hollow();
    const heap = new OwnHeap(memory, 2 ** 32);
    const offsets = Array.from({ length: 4 }, () => heap.allocate("test", 2 ** 30 - 4096));
    // Each with a quarter of a page behind; see "keeps large neighbours apart".
    const held = 2 ** 30 - 4096 + 1024;
    expect(offsets).toEqual([0, 1, 2, 3].map((index) => 1088 + index * held));
    expect(offsets[3]).toBeGreaterThan(2 ** 31);
    expect(raw.bytes).toBeLessThanOrEqual(2 ** 32);
    expect(() => heap.allocate("test", 2 ** 20)).toThrow(/maximumBytes/);
    expect(heap.usedBytes).toBe(4 * held);
    for (const offset of offsets) heap.free(offset);
    expect([heap.usedBytes, heap.peakBytes]).toEqual([0, 4 * held]);
  });

  it("keeps large neighbours apart, where processors compare the last twelve bits of addresses", () => {
    const { memory } = hollow();
    const heap = new OwnHeap(memory, 2 ** 32);
    for (let bytes = 65_536; bytes < 65_536 + 3 * 4096; bytes += 64) {
      const [first, second] = [heap.allocate("test", bytes), heap.allocate("test", bytes)];
      const distance = (second - first) % 4096;
      expect(distance).toBeGreaterThanOrEqual(1024);
      expect(distance).toBeLessThanOrEqual(3 * 1024);
      heap.free(first);
      heap.free(second);
    }
  });

  it.each([2 ** 32, 2 ** 32 + 64, 2 ** 40, 2 ** 53, Infinity])("refuses %d bytes, which would wrap around", (bytes) => {
    const { memory, raw } = hollow();
    const heap = new OwnHeap(memory, Infinity);
    expect(() => heap.allocate("test", bytes)).toThrow(expect.objectContaining({ name: "OutOfMemoryError" }));
    expect([heap.usedBytes, heap.peakBytes, raw.bytes]).toEqual([0, 0, PAGE_BYTES]);
  });

  it("stays within maximumBytes, also with whole pages", () => {
    for (const maximumBytes of [PAGE_BYTES, PAGE_BYTES + 1, 100_000, 2 * PAGE_BYTES - 1, 3 * PAGE_BYTES]) {
      const { memory, raw } = hollow();
      const heap = new OwnHeap(memory, maximumBytes);
      for (let bytes = 1024; bytes < 4 * PAGE_BYTES; bytes += 1024) {
        try {
          heap.free(heap.allocate("test", bytes));
        } catch (error) {
          expect(error).toMatchObject({ name: "OutOfMemoryError", functionName: "test" });
        }
        expect(raw.bytes).toBeLessThanOrEqual(maximumBytes);
      }
    }
  });

  it("is as it was when the platform refuses to grow", () => {
    const { memory, raw } = hollow();
    const heap = new OwnHeap(memory, 2 ** 32);
    raw.grow = () => {
      throw new RangeError("no more");
    };
    expect(() => heap.allocate("test", 2 * PAGE_BYTES)).toThrow(expect.objectContaining({ name: "OutOfMemoryError" }));
    expect([heap.usedBytes, heap.peakBytes]).toEqual([0, 0]);
    expect(heap.allocate("test", 1024)).toBe(1088);
  });
});
