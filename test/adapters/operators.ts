// Calls of every operator, each with what float64 arithmetic gives.

import * as onnx from "../../src/adapters/onnx/index.js";
import type { TensorLike } from "../../src/index.js";
import type { DTypeName } from "../support/dtypes.js";
import {
  broadcastAt,
  elementwise,
  type Expected,
  indicesOf,
  momentsBy,
  type Normalisation,
  normalised,
  type Numbers,
  rstdOf,
} from "./oracle.js";
import { numbersOf, type Operator, tensorOf } from "./support.js";

export interface OperatorCall {
  readonly operator: Operator;
  readonly label: string;
  readonly inputs: readonly (TensorLike | null)[];
  readonly attributes?: object;
  readonly opset?: number;
  /** All outputs that are asked for; dtypes are those of the first input but for these. */
  readonly expected: readonly Expected[];
  readonly dtypes?: readonly (DTypeName | undefined)[];
  /** To 16 bits. */
  readonly roundings?: number;
}

const EPS = 1e-3;

/** Calls of every operator with tensors of a dtype. */
export function operatorCalls(dtype: DTypeName): OperatorCall[] {
  const compute = dtype === "float64" ? "float64" : "float32";
  const make = (shape: readonly number[], seed: number, options = {}) => tensorOf(dtype, shape, seed, options);
  const call = (
    name: keyof typeof onnx,
    label: string,
    inputs: readonly (TensorLike | null)[],
    expected: readonly Expected[],
    rest: Partial<OperatorCall> = {},
  ): OperatorCall => ({ operator: onnx[name] as Operator, label: `${name} ${label}`, inputs, expected, ...rest });

  const rows = make([2, 3, 5, 4], 1, { shift: 3 });
  const images = make([2, 6, 5, 3], 2, { shift: -2 });
  const lastImages = make([2, 5, 3, 6], 3, { shift: 1 });
  const tokens = make([2, 5, 7], 4);
  const [g6, b6] = [make([6], 5), make([6], 6)];
  const [g7, b7, s7] = [make([7], 7), make([7], 8), make([7], 9)];
  const skip = make([2, 5, 7], 10);

  const layer = (x: TensorLike, axis: number, scale: TensorLike, bias?: TensorLike | null, centred = true) =>
    withStatistics(
      numbersOf(x),
      {
        nameOf: (indices) => indices.slice(0, axis).join(),
        factorOf: rstdOf(EPS),
        gammaOf: at(scale),
        betaOf: bias ? at(bias) : undefined,
        centred,
      },
      x.shape.map((size, index) => (index < axis ? size : 1)),
    );
  const group = (x: TensorLike, groups: number, last: boolean, gamma: TensorLike, beta: TensorLike) => {
    const axis = last ? x.shape.length - 1 : 1;
    const width = x.shape[axis] / groups;
    return normalised(numbersOf(x), {
      nameOf: (indices) => `${indices[0]} ${Math.floor(indices[axis] / width)}`,
      factorOf: rstdOf(EPS),
      gammaOf: (indices) => numbersOf(gamma).values[indices[axis]],
      betaOf: (indices) => numbersOf(beta).values[indices[axis]],
    });
  };

  return [
    ...layerCalls(),
    call("RMSNormalization", "", [rows, make([5, 4], 11)], [layer(rows, 2, make([5, 4], 11), null, false)[0]], {
      attributes: { axis: -2, epsilon: EPS },
      roundings: 3,
    }),
    call(
      "RMSNormalization",
      "by rows",
      [rows, make([3, 1, 1], 12)],
      [layer(rows, 2, make([3, 1, 1], 12), null, false)[0]],
      {
        attributes: { axis: 2, epsilon: EPS },
        roundings: 3,
      },
    ),
    call("SimplifiedLayerNormalization", "", [rows, make([4], 13)], rms(layer(rows, 3, make([4], 13), null, false)), {
      attributes: { epsilon: EPS },
      dtypes: [undefined, "float32"],
    }),
    call(
      "SimplifiedLayerNormalization",
      "by rows",
      [rows, make([2, 1, 5, 1], 14)],
      rms(layer(rows, 3, make([2, 1, 5, 1], 14), null, false)),
      {
        attributes: { epsilon: EPS },
        dtypes: [undefined, "float32"],
      },
    ),
    call("GroupNormalization", "21", [images, g6, b6], [group(images, 3, false, g6, b6)], {
      attributes: { num_groups: 3, epsilon: EPS },
    }),
    call(
      "GroupNormalization",
      "18",
      [images, make([3], 15), make([3], 16)],
      [group(images, 3, false, twice(make([3], 15)), twice(make([3], 16)))],
      {
        attributes: { num_groups: 3, epsilon: EPS },
        opset: 20,
      },
    ),
    call("InstanceNormalization", "", [images, g6, b6], [group(images, 6, false, g6, b6)], {
      attributes: { epsilon: EPS },
    }),
    ...batchCalls(),
    ...meanVarianceCalls(),
    ...lpCalls(),
    ...lrnCalls(),
    call("GroupNorm", "", [lastImages, g6, b6], [group(lastImages, 2, true, g6, b6)], {
      attributes: { groups: 2, activation: 0, epsilon: EPS },
    }),
    call("GroupNorm", "with SiLU, channels first", [images, g6, b6], [activated(group(images, 2, false, g6, b6))], {
      attributes: { groups: 2, activation: 1, channels_last: 0, epsilon: EPS },
    }),
    ...skipGroupCalls(),
    ...skipLayerCalls(),
  ];

  function layerCalls(): OperatorCall[] {
    const cases: [string, number, TensorLike, TensorLike | null][] = [
      ["", 3, make([4], 20), make([4], 21)],
      ["over two dimensions, without B", 2, make([5, 4], 22), null],
      ["of all of X", 0, make([2, 3, 5, 4], 23), make([4], 24)],
      ["with numbers", 3, make([], 25), make([1], 26)],
      ["with a Scale that repeats inside", 1, make([3, 1, 4], 27), make([5, 1], 28)],
      ["with a B by rows", 3, make([4], 29), make([2, 1, 1, 1], 30)],
      ["with parameters by rows", 2, make([2, 3, 1, 4], 31), make([3, 5, 1], 32)],
      ["with parameters of X's shape", 3, make([2, 3, 5, 4], 33), make([2, 3, 5, 4], 34)],
    ];
    return cases.map(([label, axis, scale, bias]) =>
      call("LayerNormalization", label, [rows, scale, bias], layer(rows, axis, scale, bias), {
        attributes: { axis: axis % 2 ? axis - 4 : axis, epsilon: EPS },
        dtypes: [undefined, "float32", "float32"],
      }),
    );
  }

  function batchCalls(): OperatorCall[] {
    const [mean, variance] = [make([6], 40), make([6], 41, { positive: true })];
    const inputs = [images, g6, b6, mean, variance];
    const nameOf = (indices: number[]) => String(indices[1]);
    const perChannel = { gammaOf: channel(g6), betaOf: channel(b6) };
    const trained = normalised(numbersOf(images), { nameOf, factorOf: rstdOf(EPS), ...perChannel });
    const moments = [...momentsBy(numbersOf(images), nameOf).values()];
    const current = [moments.map((group) => group.mean), moments.map((group) => group.variance)];
    const deviations = moments.map((group) => Math.sqrt(group.variance));
    const saved = current.map((values) => ({
      shape: [6],
      values: Float64Array.from(values),
      scale: Float64Array.from(values, (value, i) => Math.abs(value) + deviations[i]),
    }));
    const running = [mean, variance].map(numbersOf).map((old, which) => ({
      shape: [6],
      values: old.values.map((value, i) => value * 0.75 + current[which][i] * 0.25),
      scale: old.values.map((value, i) => Math.abs(value) * 0.75 + saved[which].scale[i] * 0.25),
    }));
    const inference = given(numbersOf(images), numbersOf(mean), numbersOf(variance), perChannel);
    const attributes = { epsilon: EPS, momentum: 0.75 };
    return [
      call("BatchNormalization", "inference", inputs, [inference], { attributes: { epsilon: EPS } }),
      call("BatchNormalization", "inference 6", inputs, [inference], {
        attributes: { epsilon: EPS, is_test: 1 },
        opset: 6,
      }),
      call("BatchNormalization", "inference 9", inputs, [inference], { attributes: { epsilon: EPS }, opset: 9 }),
      call("BatchNormalization", "training", inputs, [trained], { attributes: { ...attributes, training_mode: 1 } }),
      call("BatchNormalization", "training 15", inputs, [trained, ...running], {
        attributes: { ...attributes, training_mode: 1 },
      }),
      call("BatchNormalization", "training 7", inputs, [trained, ...running, ...saved], { attributes, opset: 7 }),
      call("BatchNormalization", "training 6", inputs, [trained, ...running, ...saved], { attributes, opset: 6 }),
    ];
  }

  function meanVarianceCalls(): OperatorCall[] {
    const small = tensorOf(dtype, images.shape, 50);
    for (let i = 0; i < 90; i++) (small.data as Float32Array)[i] = (small.data as Float32Array)[0];
    const axes = [0, 2, 3];
    const cases: [string, TensorLike, number[] | undefined][] = [
      ["", images, undefined],
      ["over one axis", images, [1]],
      ["of equal elements", small, [-1, 1, 2]],
    ];
    return cases.map(([label, x, given]) =>
      call(
        "MeanVarianceNormalization",
        label,
        [x],
        [
          normalised(numbersOf(x), {
            nameOf: (indices) =>
              indices.map((index, axis) => ((given ?? axes).some((a) => (a + 4) % 4 === axis) ? "" : index)).join(),
            factorOf: (value) => 1 / (Math.sqrt(value) + 1e-9),
          }),
        ],
        { attributes: given ? { axes: given } : {} },
      ),
    );
  }

  function lpCalls(): OperatorCall[] {
    const x = make([3, 4, 5], 51);
    (x.data as Float32Array).fill(0, 0, 5);
    return [1, 2].flatMap((p) =>
      [0, 2].map((axis) =>
        call("LpNormalization", `p ${p}, axis ${axis}`, [x], [lpNormalised(numbersOf(x), axis, p)], {
          attributes: { axis: axis - 3, p },
        }),
      ),
    );
  }

  function lrnCalls(): OperatorCall[] {
    const attributes = { alpha: 0.5, beta: 0.75, bias: 1.5 };
    return [1, 2, 3, 4, 5, 12].map((size) =>
      call("LRN", `size ${size}`, [images], [localResponse(numbersOf(images), size, attributes)], {
        attributes: { ...attributes, size },
      }),
    );
  }

  function skipGroupCalls(): OperatorCall[] {
    const attributes = { groups: 2, activation: 1, epsilon: EPS };
    const shapes = [
      [2, 5, 3, 6],
      [2, 1, 1, 6],
      [2, 6],
    ];
    const last = shapes.map((shape, index) => {
      const term = make(shape, 60 + index);
      const spread = shape.length === 2 ? { ...term, shape: [2, 1, 1, 6] } : term;
      const sum = added(lastImages, spread, g6);
      return call(
        "SkipGroupNorm",
        `skip of rank ${shape.length}, ${shape[1]}`,
        [lastImages, g6, b6, term, g6],
        [activated(group(sum, 2, true, g6, b6)), summed(sum)],
        { attributes },
      );
    });
    const first = make([2, 6, 1, 1], 63);
    const sum = added(images, first, { ...b6, shape: [6, 1, 1] });
    return [
      ...last,
      call(
        "SkipGroupNorm",
        "channels first",
        [images, g6, b6, first, b6],
        [group(sum, 2, false, g6, b6), summed(sum)],
        {
          attributes: { ...attributes, activation: 0, channels_last: 0 },
        },
      ),
    ];
  }

  function skipLayerCalls(): OperatorCall[] {
    const attributes = { epsilon: EPS };
    const statistics = { attributes, dtypes: [undefined, compute, compute, undefined] } as const;
    const whole = added(tokens, skip, s7);
    const partial = added(tokens, make([5, 7], 70));
    const flat = { ...tokens, shape: [10, 7] };
    return [
      call(
        "SkipLayerNormalization",
        "with all inputs",
        [tokens, skip, g7, b7, s7],
        [...layer(whole, 2, g7, b7), summed(whole)],
        statistics,
      ),
      call(
        "SkipLayerNormalization",
        "with a skip for all samples",
        [tokens, make([5, 7], 70), g7],
        [layer(partial, 2, g7)[0]],
        { attributes },
      ),
      call(
        "SkipLayerNormalization",
        "of tokens",
        [flat, { ...skip, shape: [10, 7] }, g7, null, s7],
        [layer({ ...whole, shape: [10, 7] }, 1, g7)[0]],
        { attributes },
      ),
      call(
        "SkipSimplifiedLayerNormalization",
        "with all inputs",
        [tokens, skip, g7, s7],
        [...layer(whole, 2, g7, null, false), summed(whole)],
        statistics,
      ),
    ];
  }
}

/** Exact sums, as float64: what is normalised is not rounded to 16 bits. */
function added(x: TensorLike, ...terms: TensorLike[]): TensorLike {
  const { values, shape } = numbersOf(x);
  const data = values.map((value, index) =>
    terms.reduce((sum, term) => sum + broadcastAt(numbersOf(term), indicesOf(index, shape)), value),
  );
  return { data, shape, dtype: "float64" };
}

function summed(sum: TensorLike): Expected {
  return elementwise(numbersOf(sum));
}

function at(parameter: TensorLike): (indices: number[]) => number {
  const numbers = numbersOf(parameter);
  return (indices) => broadcastAt(numbers, indices);
}

function channel(parameter: TensorLike): (indices: number[]) => number {
  const { values } = numbersOf(parameter);
  return (indices) => values[indices[1]];
}

/** Each element twice: one value per group for its two channels. */
function twice({ data, shape, dtype }: TensorLike): TensorLike {
  const doubled = (data as Float32Array).constructor as Float32ArrayConstructor;
  return { data: doubled.from(Array.from(data).flatMap((value) => [value, value])), shape: [shape[0] * 2], dtype };
}

/** With mean and rstd, whose shape has ones. */
function withStatistics(x: Numbers, options: Normalisation, shape: readonly number[]): Expected[] {
  const groups = [...momentsBy(x, options.nameOf, options.centred).values()];
  const deviations = groups.map(({ variance }) => Math.sqrt(variance));
  const means = Float64Array.from(groups, ({ mean }) => mean);
  const rstds = Float64Array.from(groups, ({ variance }) => options.factorOf(variance));
  // A mean may cancel: its error is measured against the elements it is of.
  const scale = means.map((mean, group) => Math.abs(mean) + deviations[group]);
  return [normalised(x, options), { values: means, shape, scale }, elementwise({ values: rstds, shape })];
}

/** Output and rstd. */
function rms([output, , rstd]: Expected[]): Expected[] {
  return [output, rstd];
}

function activated({ values, shape, scale }: Expected): Expected {
  // The slope of SiLU is at most 1.1.
  return { values: values.map((y) => y / (1 + Math.exp(-y))), shape, scale: scale.map((s) => 1.2 * s) };
}

/** By given statistics. */
function given(
  x: Numbers,
  mean: Numbers,
  variance: Numbers,
  { gammaOf, betaOf }: Required<Pick<Normalisation, "gammaOf" | "betaOf">>,
): Expected {
  const scale = new Float64Array(x.values.length);
  const values = x.values.map((value, index) => {
    const indices = indicesOf(index, x.shape);
    const factor = gammaOf(indices) / Math.sqrt(variance.values[indices[1]] + EPS);
    scale[index] = Math.abs((value - mean.values[indices[1]]) * factor) + Math.abs(betaOf(indices));
    return (value - mean.values[indices[1]]) * factor + betaOf(indices);
  });
  return { values, shape: x.shape, scale };
}

/** x / ||x||_p along an axis; 0 / 0 is 0. */
function lpNormalised(x: Numbers, axis: number, p: number): Expected {
  const nameOf = (index: number) =>
    indicesOf(index, x.shape)
      .map((i, a) => (a === axis ? "" : i))
      .join();
  const sums = new Map<string, number>();
  x.values.forEach((value, index) => sums.set(nameOf(index), (sums.get(nameOf(index)) ?? 0) + Math.abs(value) ** p));
  return elementwise({
    shape: x.shape,
    values: x.values.map((value, i) => value && value / sums.get(nameOf(i))! ** (1 / p)),
  });
}

function localResponse(
  { values, shape }: Numbers,
  size: number,
  { alpha, beta, bias }: Record<"alpha" | "beta" | "bias", number>,
): Expected {
  const [, channels] = shape;
  const span = sizeOfTail(shape);
  const results = values.map((value, index) => {
    const own = Math.floor(index / span) % channels;
    let sum = 0;
    for (let c = own - Math.floor((size - 1) / 2); c <= own + Math.ceil((size - 1) / 2); c++) {
      if (c >= 0 && c < channels) sum += values[index + (c - own) * span] ** 2;
    }
    return value / (bias + (alpha / size) * sum) ** beta;
  });
  return elementwise({ values: results, shape });
}

function sizeOfTail([, , ...spatial]: readonly number[]): number {
  return spatial.reduce((product, size) => product * size, 1);
}
