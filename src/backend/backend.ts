import type { Operand } from "../ops/operand.js";
import type { ChannelShape, NormalizePlan, Reduction } from "../plan.js";

/** Normalise groups: statistics, then the map. Not empty: the ops deal with empty tensors. */
export interface NormalizeJob {
  readonly functionName: string;
  readonly plan: NormalizePlan;
  /** False for RMS norm: the mean is taken as 0, and the variance is the mean square. */
  readonly centred: boolean;
  readonly eps: number;
  readonly x: Operand;
  /** x, or apart from it. */
  readonly out: Operand;
  /** One per element, channel or group, as the map says. */
  readonly weight: Operand | undefined;
  readonly bias: Operand | undefined;
  /** One per group, of x's home, in the dtype that x is computed in; mean only with rstd. */
  readonly mean: Operand | undefined;
  readonly rstd: Operand | undefined;
  /** One per group, in place of mean and rstd. */
  readonly moments: GroupMoments | undefined;
}

/** Mean and biased variance of groups, in their order. */
export interface GroupMoments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** The reduction by itself. */
export interface MomentsJob {
  readonly functionName: string;
  readonly reduction: Reduction;
  readonly x: Operand;
  readonly moments: GroupMoments;
}

/**
 * (x - centre) * scale + bias. x is `runs` runs of `span` elements, and run i takes the coefficients of index i % period;
 * or, of span 1, `runs` / `period` rows with one of each per element. Coefficients are of the dtype that x is computed in.
 */
export interface AffineGlobalJob {
  readonly functionName: string;
  readonly runs: number;
  readonly span: number;
  readonly period: number;
  readonly x: Operand;
  readonly out: Operand;
  /** 0 where missing. */
  readonly centre: Operand | undefined;
  readonly scale: Operand;
  readonly bias: Operand;
}

/** (x * scale + bias) * gamma + beta over `rows` rows of `n` elements; scale and bias per row. */
export interface AffineVectorizedJob {
  readonly functionName: string;
  readonly rows: number;
  readonly n: number;
  readonly x: Operand;
  readonly out: Operand;
  readonly scale: Operand;
  readonly bias: Operand;
  readonly gamma: Operand;
  readonly beta: Operand;
}

/** x / max(||x||_p, eps), the norm over the steps of [blocks, steps, columns]. */
export interface PowerJob {
  readonly functionName: string;
  readonly blocks: number;
  readonly steps: number;
  readonly columns: number;
  readonly p: number;
  readonly eps: number;
  readonly x: Operand;
  readonly out: Operand;
}

/**
 * x / (k + alpha / size * sum of squares)^beta over a window of `before` channels before to `after` channels after each.
 * x is [samples, channels, span], or [samples, span, channels] where `last`.
 */
export interface LocalResponseJob {
  readonly functionName: string;
  readonly samples: number;
  readonly channels: number;
  readonly span: number;
  readonly last: boolean;
  readonly before: number;
  readonly after: number;
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
  readonly x: Operand;
  readonly out: Operand;
}

/**
 * What gradients are computed from, and where they go; what is not asked for is undefined. Operands of x's size are of x's
 * dtype and home, mean and rstd of the dtype that x is computed in. Gradients of parameters are summed in float64 (or better)
 * and rounded to their dtype once. gradInput may be gradOutput or x. Not empty.
 */
interface Gradients {
  readonly gradOutput: Operand;
  readonly x: Operand;
  readonly weight: Operand | undefined;
  readonly gradInput: Operand | undefined;
  readonly gradWeight: Operand | undefined;
  readonly gradBias: Operand | undefined;
}

/** Gradients of layer and RMS norm: statistics of rows of n elements, and one weight and bias per element of a row. */
export interface RowsBackwardJob extends Gradients {
  readonly functionName: string;
  readonly rows: number;
  readonly n: number;
  /** One per row; undefined for RMS norm, whose mean is taken as 0. */
  readonly mean: Operand | undefined;
  readonly rstd: Operand;
}

/** Gradients of group, instance and batch norm: one weight and bias per channel. */
export interface ChannelsBackwardJob extends Gradients {
  readonly functionName: string;
  readonly shape: ChannelShape;
  /** Groups of channels that share statistics; all channels for themselves in instance and batch norm. */
  readonly groups: number;
  /** Whether samples share statistics, too: batch norm. */
  readonly batched: boolean;
  /** Whether the statistics are constants, not x's own: nothing flows back through them. */
  readonly frozen: boolean;
  /** One per group and sample, [samples, groups]; or where samples share them, [groups]. */
  readonly mean: Operand;
  readonly rstd: Operand;
}

/** The gradient of normalize. */
export interface PowerBackwardJob extends Omit<PowerJob, "out"> {
  readonly gradOutput: Operand;
  readonly gradInput: Operand;
}

/** The gradient of local response norm. */
export interface LocalResponseBackwardJob extends Omit<LocalResponseJob, "out"> {
  readonly gradOutput: Operand;
  readonly gradInput: Operand;
}

/** What plans run on. Jobs are checked; scratch is taken before anything is written and given back in any case. */
export interface Backend {
  readonly name: "wasm" | "js";
  normalize(job: NormalizeJob): void;
  moments(job: MomentsJob): void;
  affineGlobal(job: AffineGlobalJob): void;
  affineVectorized(job: AffineVectorizedJob): void;
  power(job: PowerJob): void;
  localResponse(job: LocalResponseJob): void;
  rowsBackward(job: RowsBackwardJob): void;
  channelsBackward(job: ChannelsBackwardJob): void;
  powerBackward(job: PowerBackwardJob): void;
  localResponseBackward(job: LocalResponseBackwardJob): void;
}
