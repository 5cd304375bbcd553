import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeBinary } from "../../src/engine/embedded.js";
import * as forward from "../../src/engine/lanenorm.generated.js";
import * as backward from "../../src/engine/backward.generated.js";
import type { Conversions, KernelSet, ReducedKernels } from "../../src/engine/module.js";
import { decode, FIRST_RELAXED, SIMD } from "./opcodes.js";
import { readBodies, readExports, readImports, readSections, SECTION } from "./sections.js";

const wasm = readFileSync(new URL("../../build/lanenorm.wasm", import.meta.url));
const sections = readSections(wasm);

/**
 * Those of both types, and whether there is one for each; the others serve both. The compiler checks that this names every
 * member and no other.
 */
const perType: Record<keyof KernelSet, boolean> = {
  layer_norm: true,
  group_norm: true,
  batch_norm: true,
  row_moments: true,
  affine_global: true,
  affine_vectorized: true,
  moments_begin: true,
  moments_accumulate: true,
  moments_end_run: true,
  moments_finish: true,
  moments_rescale: true,
  begin_row: true,
  mean_of_eight: true,
  largest_magnitude: true,
  prescaled: true,
  map_row: true,
  map_run: true,
  store_statistics: true,
  columns_samples: false,
  columns_norm_bytes: true,
  columns_state_bytes: true,
  columns_norm: true,
  columns_affine: true,
  columns_begin: true,
  columns_shift: false,
  columns_accumulate: false,
  columns_end_piece: false,
  columns_finish: false,
  columns_magnitude: false,
  columns_rescale: false,
  columns_statistics: false,
  columns_coefficients: false,
  columns_step_coefficients: false,
  columns_map: false,
  columns_map_steps: false,
  normalize_rows: true,
  normalize_columns: true,
  normalize_columns_scratch: true,
  powers_begin: false,
  powers_accumulate: true,
  powers_magnitude: true,
  powers_rescale: false,
  powers_finish: true,
  powers_map: true,
  power_columns_state_bytes: false,
  power_columns_begin: false,
  power_columns_accumulate: true,
  power_columns_magnitude: true,
  power_columns_rescale: true,
  power_columns_finish: true,
  power_columns_map: true,
  local_response_norm_columns: true,
  local_response_norm_columns_scratch: true,
  local_response_norm_rows: true,
  local_response_norm_rows_scratch: true,
};

const conversions: Record<keyof Conversions, true> = {
  decode_f16: true,
  decode_bf16: true,
  encode_f16: true,
  encode_bf16: true,
};

const reduced: Record<keyof ReducedKernels, true> = { layer_norm_bf16: true };

const kernels = [
  ...Object.entries(perType).flatMap(([name, each]) => (each ? [`${name}_f32`, `${name}_f64`] : [name])),
  ...Object.keys(conversions),
  ...Object.keys(reduced),
  // For the tests, which hold it against its twin in TypeScript.
  "pow",
];

describe("the built binary", () => {
  it("is what the package embeds", () => {
    expect(wasm.equals(decodeBinary(forward))).toBe(true);
    const gradients = readFileSync(new URL("../../build/backward.wasm", import.meta.url));
    expect(gradients.equals(decodeBinary(backward))).toBe(true);
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
    expect(exports.map(({ name }) => name).sort()).toEqual(kernels.sort());
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
