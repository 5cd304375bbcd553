import { describe, expect, it } from "vitest";
import { decode, FIRST_RELAXED, SIMD } from "./opcodes.js";

const END = 0x0b;

describe("decode", () => {
  it("sees a relaxed instruction for what it is", () => {
    const relaxedMadd = [SIMD, 0x85, 0x02];
    expect([...decode(Uint8Array.of(...relaxedMadd, END))]).toEqual([
      { opcode: SIMD, member: FIRST_RELAXED + 5 },
      { opcode: END, member: 0 },
    ]);
  });

  it("takes no immediate for an opcode", () => {
    const constant = [SIMD, 12, ...new Array<number>(16).fill(SIMD)];
    const load = [SIMD, 0, 4, 0xfd, 0x02];
    expect([...decode(Uint8Array.of(...constant, ...load, END))].map(({ member }) => member)).toEqual([12, 0, 0]);
  });

  it("refuses what it does not know", () => {
    expect(() => [...decode(Uint8Array.of(0xff))]).toThrow("unknown opcode 0xff");
    expect(() => [...decode(Uint8Array.of(0x43, 0))]).toThrow("end early");
  });
});
