// What the tests of the whole family call, so that one table can hold every operation, dtype and layout.

import type { Data, DTypeName } from "./dtypes.js";
import type { Layout } from "./reference/grouping.js";

export interface TensorInput {
  readonly data: Data;
  readonly shape: readonly number[];
  readonly dtype?: DTypeName;
}

export interface TensorOutput {
  readonly data: Data;
  readonly shape: readonly number[];
  readonly dtype: DTypeName;
}

export type ParameterInput = TensorInput | Data;

export interface AffineInput {
  weight?: ParameterInput;
  bias?: ParameterInput;
}

export interface EpsInput {
  eps?: number;
}

export interface LayoutInput {
  layout?: Layout;
}

export interface RunningInput {
  runningMean?: ParameterInput;
  runningVar?: ParameterInput;
  momentum?: number;
}

export type NormInput = AffineInput & EpsInput;
export type BatchInput = NormInput & LayoutInput & RunningInput & { training?: boolean };
export type InstanceInput = NormInput & LayoutInput & RunningInput & { useInputStats?: boolean };

export interface Statistics {
  readonly output: TensorOutput;
  readonly mean: TensorOutput;
  readonly rstd: TensorOutput;
}

type Sizes = number | readonly number[];

/** The forward family, as methods of an engine. */
export interface ForwardEngine {
  layerNorm(x: TensorInput, normalizedShape: Sizes, options?: NormInput): TensorOutput;
  nativeLayerNorm(x: TensorInput, normalizedShape: Sizes, options?: NormInput): Statistics;
  groupNorm(x: TensorInput, numGroups: number, options?: NormInput & LayoutInput): TensorOutput;
  nativeGroupNorm(x: TensorInput, numGroups: number, options?: NormInput & LayoutInput): Statistics;
  instanceNorm(x: TensorInput, options?: InstanceInput): TensorOutput;
  nativeInstanceNorm(x: TensorInput, options?: InstanceInput): Statistics;
  batchNorm(x: TensorInput, options: BatchInput): TensorOutput;
  nativeBatchNorm(x: TensorInput, options: BatchInput): Statistics;
  rmsNorm(x: TensorInput, normalizedShape: Sizes, options?: Omit<NormInput, "bias">): TensorOutput;
  nativeRmsNorm(x: TensorInput, normalizedShape: Sizes, options?: Omit<NormInput, "bias">): Omit<Statistics, "mean">;
  normalize(x: TensorInput, options?: { p?: number; dim?: number } & EpsInput): TensorOutput;
  localResponseNorm(
    x: TensorInput,
    size: number,
    options?: { alpha?: number; beta?: number; k?: number } & LayoutInput,
  ): TensorOutput;
  standardize(x: TensorInput, axes: readonly number[], options?: NormInput): TensorOutput;
  rowwiseMoments(x: TensorInput, n: number): { mean: TensorOutput; variance: TensorOutput };
  affineGlobal(x: TensorInput, scale: ParameterInput, bias: ParameterInput): TensorOutput;
  affineVectorized(
    x: TensorInput,
    scale: ParameterInput,
    bias: ParameterInput,
    gamma: ParameterInput,
    beta: ParameterInput,
  ): TensorOutput;
}

/** What the layers with statistics take backward. */
export interface GradientInput extends LayoutInput {
  mean: ParameterInput;
  rstd: ParameterInput;
  weight?: ParameterInput;
  outputMask?: readonly [boolean, boolean, boolean];
  out?: Partial<Record<keyof Gradients, TensorInput>>;
}

/** Those of RMS norm have no gradBias; those that are not asked for are null. */
export interface Gradients {
  readonly gradInput: TensorOutput;
  readonly gradWeight: TensorOutput;
  readonly gradBias?: TensorOutput;
}

type GradInput = Pick<Gradients, "gradInput">;

/** The backward family, as methods of an engine. */
export interface BackwardEngine {
  layerNormBackward(dy: TensorInput, x: TensorInput, normalizedShape: Sizes, options: GradientInput): Gradients;
  rmsNormBackward(
    dy: TensorInput,
    x: TensorInput,
    normalizedShape: Sizes,
    options: Omit<GradientInput, "mean">,
  ): Gradients;
  groupNormBackward(dy: TensorInput, x: TensorInput, numGroups: number, options: GradientInput): Gradients;
  instanceNormBackward(
    dy: TensorInput,
    x: TensorInput,
    options: GradientInput & { useInputStats?: boolean },
  ): Gradients;
  batchNormBackward(dy: TensorInput, x: TensorInput, options: GradientInput & { training: boolean }): Gradients;
  normalizeBackward(dy: TensorInput, x: TensorInput, options?: { p?: number; dim?: number } & EpsInput): GradInput;
  localResponseNormBackward(
    dy: TensorInput,
    x: TensorInput,
    size: number,
    options?: { alpha?: number; beta?: number; k?: number } & LayoutInput,
  ): GradInput;
}
