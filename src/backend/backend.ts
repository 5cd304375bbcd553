import type { Operand } from "../ops/operand.js";
import type { RowPlan } from "../plan.js";

/** Normalise rows: statistics, then the map. Not empty: the ops deal with empty tensors. */
export interface NormalizeJob {
  readonly functionName: string;
  readonly plan: RowPlan;
  readonly eps: number;
  readonly x: Operand;
  readonly out: Operand;
  readonly weight: Operand | undefined;
  readonly bias: Operand | undefined;
  /** One per row, of x's home; both or neither. */
  readonly mean: Operand | undefined;
  readonly rstd: Operand | undefined;
}

/** Mean and biased variance of `rows` rows of `n` elements. */
export interface MomentsJob {
  readonly functionName: string;
  readonly rows: number;
  readonly n: number;
  readonly x: Operand;
  readonly mean: Operand;
  readonly variance: Operand;
}

/** scale * x + bias over `runs` runs of `span` elements; run i takes the coefficients of index i % period. */
export interface AffineGlobalJob {
  readonly functionName: string;
  readonly runs: number;
  readonly span: number;
  readonly period: number;
  readonly x: Operand;
  readonly out: Operand;
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

/** What plans run on. Jobs are checked; scratch is taken before anything is written and given back in any case. */
export interface Backend {
  readonly name: "wasm" | "js";
  normalize(job: NormalizeJob): void;
  moments(job: MomentsJob): void;
  affineGlobal(job: AffineGlobalJob): void;
  affineVectorized(job: AffineVectorizedJob): void;
}
