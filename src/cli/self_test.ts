// A run of every op in every dtype and layout, whose bits are the same on every machine.

import { createHash } from "node:crypto";
import { type DType, dtypes, type Format, formatOfDType, type TypedArray } from "../dtype.js";
import { writeNumbers } from "../elements.js";
import type { Engine, Layout, TensorLike } from "../index.js";
import { ownOperand } from "../ops/operand.js";
import { sizeOf } from "../shape.js";
import { expectedBits } from "./self_test_bits.js";

export interface SelfTest {
  readonly passed: number;
  /** The ops whose bits are others. */
  readonly failed: readonly string[];
}

/** Compares the bits of an engine's results, op by op, with those of its backend on all machines. */
export function selfTest(engine: Engine): SelfTest {
  const bits = measureBits(engine);
  const expected: Readonly<Record<string, string>> = expectedBits[engine.backend];
  const names = Object.keys(bits);
  const failed = names.filter((name) => bits[name] !== expected[name]);
  return { passed: names.length - failed.length, failed };
}

/** For every op, eight digits of a hash of its results in all dtypes and layouts. */
export function measureBits(engine: Engine): Record<string, string> {
  return Object.fromEntries(
    Object.entries(runs).map(([name, run]) => {
      const hash = createHash("sha256");
      for (const dtype of dtypes) {
        for (const result of run(engine, dtype)) hash.update(bytesOf(result));
      }
      return [name, hash.digest("hex").slice(0, 8)];
    }),
  );
}

// More elements than a vector has, and than a block; in odd numbers.
const [samples, channels, width, rows, n] = [3, 12, 77, 5, 1031];
const layouts: readonly Layout[] = ["channels-first", "channels-last"];

type Run = (engine: Engine, dtype: DType) => TensorLike[];

const runs: Readonly<Record<string, Run>> = {
  layerNorm: (engine, dtype) => [engine.layerNorm(rowsIn(dtype), n, affine(dtype, n))],
  rmsNorm: (engine, dtype) => [engine.rmsNorm(rowsIn(dtype), n, { weight: numbers(dtype, [n]) })],
  groupNorm: inLayouts((engine, x, options) => engine.groupNorm(x, 4, options)),
  instanceNorm: inLayouts((engine, x, options) => engine.instanceNorm(x, options)),
  batchNorm: inLayouts((engine, x, options) => engine.batchNorm(x, { ...options, training: true })),
  standardize: (engine, dtype) => [engine.standardize(samplesIn(dtype, "channels-first"), [1])],
  normalize: (engine, dtype) => [2, 3].map((p) => engine.normalize(samplesIn(dtype, "channels-first"), { p })),
  localResponseNorm: (engine, dtype) => {
    return layouts.map((layout) => engine.localResponseNorm(samplesIn(dtype, layout), 5, { layout }));
  },
  rowwiseMoments: (engine, dtype) => Object.values(engine.rowwiseMoments(rowsIn(dtype), n)),
  affineGlobal: (engine, dtype) => {
    const [scale, bias] = [numbers(dtype, [channels]), numbers(dtype, [channels])];
    return [engine.affineGlobal(samplesIn(dtype, "channels-first"), scale, bias)];
  },
  affineVectorized: (engine, dtype) => {
    const [row, element] = [numbers(dtype, [rows]), numbers(dtype, [n])];
    return [engine.affineVectorized(rowsIn(dtype), row, row, element, element)];
  },
};

interface ChannelOptions {
  readonly weight: TensorLike;
  readonly bias: TensorLike;
  readonly layout: Layout;
}

function inLayouts(run: (engine: Engine, x: TensorLike, options: ChannelOptions) => TensorLike): Run {
  return (engine, dtype) =>
    layouts.map((layout) => run(engine, samplesIn(dtype, layout), { ...affine(dtype, channels), layout }));
}

function rowsIn(dtype: DType): TensorLike {
  return numbers(dtype, [rows, n]);
}

function samplesIn(dtype: DType, layout: Layout): TensorLike {
  return numbers(dtype, layout === "channels-first" ? [samples, channels, width] : [samples, width, channels]);
}

function affine(dtype: DType, length: number): { weight: TensorLike; bias: TensorLike } {
  return { weight: numbers(dtype, [length]), bias: numbers(dtype, [length]) };
}

/** Numbers from 1 to 3, the same on any machine, from a congruential sequence. */
function numbers(dtype: DType, shape: readonly number[]): TensorLike {
  const format: Format = formatOfDType("selfTest", dtype);
  const data: TypedArray = new format.Array!(sizeOf(shape));
  let state = 1;
  const values = Float64Array.from({ length: data.length }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    return 1 + (state >>> 0) / 2 ** 31;
  });
  writeNumbers(ownOperand(data, shape, format), values);
  return { data, shape, dtype };
}

function bytesOf({ data: { buffer, byteOffset, byteLength } }: TensorLike): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
