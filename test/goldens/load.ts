import { readFileSync } from "node:fs";

export type DType = "float32" | "float64" | "float16" | "bfloat16";

/** A tensor as the API takes it. Sixteen bits are bits. */
export interface Values {
  readonly data: Float32Array | Float64Array | Uint16Array;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export type Op =
  | "layerNorm"
  | "groupNorm"
  | "instanceNorm"
  | "batchNorm"
  | "rmsNorm"
  | "normalize"
  | "localResponseNorm"
  | "standardize"
  | "rowwiseMoments";

/** The API's options that are not tensors; what is missing has its default. */
export interface Options {
  readonly eps?: number;
  readonly layout?: "channels-first" | "channels-last";
  readonly training?: boolean;
  readonly useInputStats?: boolean;
  readonly momentum?: number;
  readonly p?: number;
  readonly dim?: number;
  readonly alpha?: number;
  readonly beta?: number;
  readonly k?: number;
}

export interface Parameters {
  readonly weight?: Values;
  readonly bias?: Values;
  /** Before the call. */
  readonly runningMean?: Values;
  readonly runningVar?: Values;
}

/** What an operation gives; the running statistics after the call, where it changes them. */
export type ResultName = "output" | "mean" | "rstd" | "variance" | "runningMean" | "runningVar";
export type Results<T> = Readonly<Partial<Record<ResultName, T>>>;

/** What PyTorch and the reference give for one call: op(input, ...arguments, { ...options, ...parameters }). */
export interface Golden extends Parameters {
  readonly op: Op;
  readonly arguments: readonly (number | readonly number[])[];
  readonly options: Options;
  /** What kind of numbers the input holds, or which edge it shows. */
  readonly data: string;
  readonly input: Values;
  /** Missing where PyTorch 1.13 has nothing like it, or does something else than is promised here. */
  readonly torch?: TorchResults;
  /** In float64, rounded once. */
  readonly reference: Results<Values>;
}

export interface TorchResults extends Results<Values> {
  /** torch.nn.functional refuses what the native function takes. */
  readonly functionalRaises: boolean;
  /** PyTorch's own distance from the reference, as `measure.ts` measures it. */
  readonly err: Results<number>;
}

/** Where an array begins in goldens.bin, in bytes. */
type Place = readonly [dtype: DType, offset: number, shape: readonly number[]];

const arrays = { float32: Float32Array, float64: Float64Array, float16: Uint16Array, bfloat16: Uint16Array };

/** The gradients of an operation. */
export type GradientName = "gradInput" | "gradWeight" | "gradBias";
export type Gradients<T> = Readonly<Partial<Record<GradientName, T>>>;

/** What PyTorch and the reference give for one call: op(gradOutput, input, ...arguments, { ...options, mean, rstd, weight }). */
export interface GradientGolden extends Pick<Golden, "arguments" | "options" | "data" | "input" | "weight"> {
  readonly op: `${string}Backward`;
  readonly gradOutput: Values;
  readonly mean?: Values;
  readonly rstd?: Values;
  readonly torch?: Gradients<Values> & { readonly err: Gradients<number> };
  readonly reference: Gradients<Values>;
  /** D of every element, in which errors are measured. */
  readonly scale: Gradients<Values>;
}

export function loadGoldens(): Golden[] {
  return loadCases().filter((golden): golden is Golden => !isGradient(golden));
}

export function loadGradientGoldens(): GradientGolden[] {
  return loadCases().filter(isGradient);
}

function isGradient(golden: Golden | GradientGolden): golden is GradientGolden {
  return golden.op.endsWith("Backward");
}

function loadCases(): (Golden | GradientGolden)[] {
  const bytes = Uint8Array.from(readFileSync(new URL("goldens.bin", import.meta.url)));
  const text = readFileSync(new URL("goldens.json", import.meta.url), "utf8");
  const manifest = JSON.parse(text, (_, value: unknown) => {
    if (value === "Infinity") return Infinity;
    return isPlace(value) ? valuesAt(value, bytes.buffer) : value;
  }) as { readonly cases: (Golden | GradientGolden)[] };
  return manifest.cases;
}

function isPlace(value: unknown): value is Place {
  return Array.isArray(value) && typeof value[0] === "string" && value[0] in arrays;
}

function valuesAt([dtype, offset, shape]: Place, buffer: ArrayBuffer): Values {
  const length = shape.reduce((size, extent) => size * extent, 1);
  return { data: new arrays[dtype](buffer, offset, length), shape, dtype };
}
