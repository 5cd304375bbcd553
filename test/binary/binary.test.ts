import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeBinary } from "../../src/engine/embedded.js";
import type { Kernels } from "../../src/engine/module.js";
import { decode, FIRST_RELAXED, SIMD } from "./opcodes.js";
import { readBodies, readExports, readImports, readSections, SECTION } from "./sections.js";

const wasm = readFileSync(new URL("../../build/lanenorm.wasm", import.meta.url));
const sections = readSections(wasm);

/** The compiler checks that this names every member of Kernels and no other. */
const kernels: Record<keyof Kernels, true> = {
  layer_norm_f32: true,
  group_norm_f32: true,
  row_moments_f32: true,
  affine_global_f32: true,
  affine_vectorized_f32: true,
  moments_begin_f32: true,
  moments_accumulate_f32: true,
  moments_accumulate_runs_f32: true,
  moments_end_run_f32: true,
  moments_finish_f32: true,
  moments_rescale_f32: true,
  first_shift_f32: true,
  mean_of_eight_f32: true,
  largest_magnitude_f32: true,
  prescaled_f32: true,
  map_row_f32: true,
  map_run_f32: true,
  store_statistics_f32: true,
  layer_norm_f64: true,
  group_norm_f64: true,
  row_moments_f64: true,
  affine_global_f64: true,
  affine_vectorized_f64: true,
  moments_begin_f64: true,
  moments_accumulate_f64: true,
  moments_accumulate_runs_f64: true,
  moments_end_run_f64: true,
  moments_finish_f64: true,
  moments_rescale_f64: true,
  first_shift_f64: true,
  mean_of_eight_f64: true,
  largest_magnitude_f64: true,
  prescaled_f64: true,
  map_row_f64: true,
  map_run_f64: true,
  store_statistics_f64: true,
  columns_strip_f32: true,
  columns_norm_bytes_f32: true,
  columns_state_bytes_f32: true,
  columns_unit_f32: true,
  columns_strip_f64: true,
  columns_norm_bytes_f64: true,
  columns_state_bytes_f64: true,
  columns_unit_f64: true,
  columns_norm_f32: true,
  columns_norm_steps_f32: true,
  columns_affine_f32: true,
  columns_norm_f64: true,
  columns_norm_steps_f64: true,
  columns_affine_f64: true,
  columns_begin_f32: true,
  columns_shift_f32: true,
  columns_accumulate_f32: true,
  columns_end_piece_f32: true,
  columns_finish_f32: true,
  columns_magnitude_f32: true,
  columns_rescale_f32: true,
  columns_statistics_f32: true,
  columns_coefficients_f32: true,
  columns_step_coefficients_f32: true,
  columns_map_f32: true,
  columns_map_steps_f32: true,
  columns_begin_f64: true,
  columns_shift_f64: true,
  columns_accumulate_f64: true,
  columns_end_piece_f64: true,
  columns_finish_f64: true,
  columns_magnitude_f64: true,
  columns_rescale_f64: true,
  columns_statistics_f64: true,
  columns_coefficients_f64: true,
  columns_step_coefficients_f64: true,
  columns_map_f64: true,
  columns_map_steps_f64: true,
  columns_samples: true,
};

describe("the built binary", () => {
  it("is what the package embeds", () => {
    expect(wasm.equals(decodeBinary())).toBe(true);
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
