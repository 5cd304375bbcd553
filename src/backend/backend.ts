import type { Operand } from "../ops/operand.js";
import type { NormalizePlan, Reduction } from "../plan.js";

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

/** What plans run on. Jobs are checked; scratch is taken before anything is written and given back in any case. */
export interface Backend {
  readonly name: "wasm" | "js";
  normalize(job: NormalizeJob): void;
  moments(job: MomentsJob): void;
  affineGlobal(job: AffineGlobalJob): void;
  affineVectorized(job: AffineVectorizedJob): void;
  power(job: PowerJob): void;
  localResponse(job: LocalResponseJob): void;
}
