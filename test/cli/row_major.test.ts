import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { FileTensor } from "../../src/cli/files/file_tensor.js";
import { loadTensor } from "../../src/cli/files/load.js";
import { rowMajorCopy } from "../../src/cli/files/row_major.js";
import { temporaryFolder } from "./support.js";

const folder = temporaryFolder();

/** The row-major copy of 0, 1, 2, ... in Fortran order. */
function copyOf(shape: readonly number[], dtype: "float32" | "float64", partBytes?: number): number[] {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const data = Array.from({ length: size }, (_, i) => i);
  const path = join(folder.path, "x");
  const bytes = dtype === "float32" ? Float32Array.from(data) : Float64Array.from(data);
  writeFileSync(path, Buffer.concat([Buffer.from("head"), new Uint8Array(bytes.buffer)]));
  const fd = openSync(path, "r");
  const file: FileTensor = { fd, begin: 4, dtype, shape, bigEndian: false, command: "c", argument: "x" };
  const copy = rowMajorCopy(file, partBytes);
  try {
    return [...(loadTensor(copy).data as Float32Array)];
  } finally {
    closeSync(copy.fd);
    closeSync(fd);
  }
}

it("transposes", () => {
  expect(copyOf([2, 3], "float32")).toEqual([0, 2, 4, 1, 3, 5]);
  expect(copyOf([2, 2, 2], "float64")).toEqual([0, 4, 2, 6, 1, 5, 3, 7]);
});

it("part by part", () => {
  const shape = [5, 3, 7, 2];
  const expected = copyOf(shape, "float32");
  expect(new Set(expected).size).toBe(210);
  // Index (i, j, k, l) is at i + 5 j + 15 k + 105 l.
  expect(expected[((4 * 3 + 1) * 7 + 6) * 2 + 1]).toBe(4 + 5 + 90 + 105);
  for (const partBytes of [8, 40, 56, 1024]) expect(copyOf(shape, "float32", partBytes)).toEqual(expected);
});
