import type { Engine, TensorLike } from "../../src/index.js";
import { computingDtype, toData, type Data, type DTypeName } from "../support/dtypes.js";
import { createRandom } from "../support/random.js";
import { product } from "../support/reference/grouping.js";
import type { Layer, Options } from "./layers.js";

export type Given = Required<TensorLike<Data>>;

/** N(0, 1) in a dtype. */
export function normals(shape: readonly number[], seed: number, dtype: DTypeName = "float32"): Given {
  const random = createRandom(seed);
  return { data: toData(dtype, Float64Array.from({ length: product(shape) }, random.normal)), shape, dtype };
}

/** Good arguments of a layer's backward call. */
export interface Arguments {
  readonly dy: Given;
  readonly x: Given;
  /** Statistics, and a weight where there may be one. */
  readonly options: Options;
}

export function goodArguments(layer: Layer, dtype: DTypeName = "float32", hasWeight = true): Arguments {
  const { shape, parameterShape, statisticsShape, statistics } = layer;
  // Statistics need not be x's own: those of another tensor are as good for what does not look at values.
  const given = statistics.map((name, index) => {
    const { data } = normals(statisticsShape, 5 + index, computingDtype(dtype));
    return [name, { data: data.map(Math.abs), shape: statisticsShape, dtype: computingDtype(dtype) }] as const;
  });
  const weight = parameterShape && hasWeight ? { weight: normals(parameterShape, 3, dtype) } : {};
  return {
    dy: normals(shape, 1, dtype),
    x: normals(shape, 2, dtype),
    options: { ...Object.fromEntries(given), ...weight },
  };
}

/** A copy in an engine's memory. */
export function residentOf(engine: Engine, { data, shape, dtype }: TensorLike): TensorLike {
  return engine.tensor(data, shape, dtype);
}

/** All tensors among options, moved. */
export function moved(options: Options, move: (tensor: TensorLike) => TensorLike): Options {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, move(value as TensorLike)]));
}
