import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { wasmHex } from "../../src/engine/binary.generated.js";
import type { Kernels } from "../../src/engine/module.js";
import { decode, FIRST_RELAXED, SIMD } from "./opcodes.js";
import { readBodies, readExports, readImports, readSections, SECTION } from "./sections.js";

const wasm = readFileSync(new URL("../../build/lanenorm.wasm", import.meta.url));
const sections = readSections(wasm);

/** The compiler checks that this names every member of Kernels and no other. */
const kernels: Record<keyof Kernels, true> = {
  layer_norm: true,
  group_norm: true,
  row_moments: true,
  affine_global: true,
  affine_vectorized: true,
  moments_begin: true,
  moments_accumulate: true,
  moments_finish: true,
  moments_rescale: true,
  mean_of_eight: true,
  largest_magnitude: true,
  prescaled: true,
  map_row: true,
  map_run: true,
  store_statistics: true,
  store_moments: true,
  pow: true,
  powers_begin: true,
  powers_rescale: true,
  power_columns_begin: true,
  power_columns_state_bytes: true,
  normalize_rows_f32: true,
  powers_accumulate_f32: true,
  powers_magnitude_f32: true,
  powers_finish_f32: true,
  powers_map_f32: true,
  normalize_columns_f32: true,
  normalize_columns_scratch_f32: true,
  power_columns_accumulate_f32: true,
  power_columns_magnitude_f32: true,
  power_columns_rescale_f32: true,
  power_columns_finish_f32: true,
  power_columns_map_f32: true,
  normalize_rows_f64: true,
  powers_accumulate_f64: true,
  powers_magnitude_f64: true,
  powers_finish_f64: true,
  powers_map_f64: true,
  normalize_columns_f64: true,
  normalize_columns_scratch_f64: true,
  power_columns_accumulate_f64: true,
  power_columns_magnitude_f64: true,
  power_columns_rescale_f64: true,
  power_columns_finish_f64: true,
  power_columns_map_f64: true,
  local_response_norm_columns_f32: true,
  local_response_norm_rows_f32: true,
  local_response_norm_columns_scratch_f32: true,
  local_response_norm_rows_scratch_f32: true,
  local_response_norm_columns_f64: true,
  local_response_norm_rows_f64: true,
  local_response_norm_columns_scratch_f64: true,
  local_response_norm_rows_scratch_f64: true,
};

describe("the built binary", () => {
  it("is what the package embeds", () => {
    expect(wasm.toString("hex") === wasmHex).toBe(true);
  });

  it("imports one memory and nothing else", () => {
    expect(readImports(sectionOf("import"))).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
  });

  // No data, table, element or global section, no start function, no memory of its own: and with no global and no
  // memory.grow there is no heap either.
  it("is made of types, functions, exports and code", () => {
    const { custom, type, import: imports, function: functions, export: exports, code } = SECTION;
    const ids = sections.map(({ id }) => id).filter((id) => id !== custom);
    expect(ids).toEqual([type, imports, functions, exports, code]);
  });

  it("exports the kernels, all of them functions", () => {
    const exports = readExports(sectionOf("export"));
    expect(exports.filter(({ kind }) => kind !== "function")).toEqual([]);
    expect(exports.map(({ name }) => name).sort()).toEqual(Object.keys(kernels).sort());
  });

  it("gives the same bits on every machine: no relaxed SIMD", () => {
    const simd = instructions().filter(({ opcode }) => opcode === SIMD);
    expect(simd.length).toBeGreaterThan(100);
    expect(simd.filter(({ member }) => member >= FIRST_RELAXED)).toEqual([]);
  });

  it("never grows the memory", () => {
    const memoryGrow = 0x40;
    expect(instructions().filter(({ opcode }) => opcode === memoryGrow)).toEqual([]);
  });
});

function sectionOf(name: keyof typeof SECTION) {
  return sections.find(({ id }) => id === SECTION[name])!;
}

function instructions() {
  return readBodies(sectionOf("code")).flatMap((body) => [...decode(body)]);
}
