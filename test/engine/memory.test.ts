import { describe, expect, it } from "vitest";
import { ArrayMemory, LinearMemory, type MemoryLike, PAGE_BYTES } from "../../src/engine/memory.js";

const memories: Record<string, () => MemoryLike> = {
  ArrayMemory: () => new ArrayMemory(),
  "WebAssembly.Memory": () => new WebAssembly.Memory({ initial: 1 }),
};

describe.each(Object.keys(memories))("%s", (name) => {
  it("keeps its bytes when it grows, adds zeros, and returns how many pages it had", () => {
    const memory = memories[name]();
    new Uint8Array(memory.buffer).fill(7);
    expect(memory.grow(2)).toBe(1);
    expect(memory.grow(0)).toBe(3);
    const bytes = new Uint8Array(memory.buffer);
    expect(bytes.length).toBe(3 * PAGE_BYTES);
    expect(bytes.subarray(0, PAGE_BYTES).every((byte) => byte === 7)).toBe(true);
    expect(bytes.subarray(PAGE_BYTES).every((byte) => byte === 0)).toBe(true);
  });

  it.each([0, 1])("detaches views when it grows by %i pages", (pages) => {
    const memory = memories[name]();
    const { buffer } = memory;
    const view = new Float32Array(buffer);
    memory.grow(pages);
    expect([view.length, buffer.byteLength]).toEqual([0, 0]);
    expect(memory.buffer).not.toBe(buffer);
    expect(memory.buffer).toBe(memory.buffer);
  });

  it("has live views in a LinearMemory, whoever grows it", () => {
    const memory = memories[name]();
    const linear = new LinearMemory(memory);
    linear.views.float32[6] = 3;
    expect(linear.views).toBe(linear.views);
    memory.grow(1);
    const { float32, float64, bits16 } = linear.views;
    expect([float32[6], float32.length, float64.length, bits16.length]).toEqual([3, 32768, 16384, 65536]);
    expect(bits16[13]).toBe(0x4040);
    linear.growTo("test", 3 * PAGE_BYTES - 5, Infinity);
    expect([linear.views.float32[6], linear.byteLength]).toEqual([3, 3 * PAGE_BYTES]);
    linear.growTo("test", 10, 5);
    expect(linear.byteLength).toBe(3 * PAGE_BYTES);
  });

  it("is refused what it cannot have", () => {
    const linear = new LinearMemory(memories[name]());
    const refusal = expect.objectContaining({ name: "OutOfMemoryError", functionName: "test" }) as Error;
    expect(() => {
      linear.growTo("test", 2 * PAGE_BYTES, PAGE_BYTES);
    }).toThrow(refusal);
    expect(() => {
      linear.growTo("test", 2 ** 45, Infinity);
    }).toThrow(refusal);
    expect(linear.byteLength).toBe(PAGE_BYTES);
  });
});
