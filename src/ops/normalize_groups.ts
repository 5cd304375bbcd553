import type { Backend, GroupMoments } from "../backend/backend.js";
import { computeFormat, type TypedArray } from "../dtype.js";
import type { Store } from "../engine/store.js";
import { ShapeError } from "../errors.js";
import { groupsOf, type NormalizePlan } from "../plan.js";
import { formatShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import type { NormOptions } from "./norm_options.js";
import { epsOf, type Operand, parameterOf } from "./operand.js";
import { asTensor, checkedOut, makingTensors, type OutputCall, type TensorFactory, withOutput } from "./output.js";

/** What ops need of an engine. */
export interface NormalizeContext extends TensorFactory {
  readonly backend: Backend;
}

/** The class of array that statistics come in: float64 for float64 data, float32 for all other. */
export type StatisticsArray<Data extends TypedArray> = Data extends Float64Array ? Float64Array : Float32Array;

/** A result with the statistics it was made with. */
export interface WithStatistics<Data extends TypedArray = TypedArray> {
  /** The normalised tensor, of x's shape. */
  readonly output: Tensor<Data>;
  /** The mean of each group: float32, or float64 for a float64 x. */
  readonly mean: Tensor<StatisticsArray<Data>>;
  /** 1 / sqrt(variance + eps) of each group, likewise. */
  readonly rstd: Tensor<StatisticsArray<Data>>;
}

/** Statistics of any dtype, as the ops make them. */
export type AnyStatistics = Record<"output" | "mean" | "rstd", Tensor>;

/** A checked call of an op that normalises groups, but for its `out`. */
export interface NormalizeCall extends OutputCall {
  readonly plan: NormalizePlan;
  readonly centred: boolean;
  readonly eps: number;
  readonly weight: Operand | undefined;
  readonly bias: Operand | undefined;
}

/** A call with one weight and bias per element of `shape`, from options as they were given. */
export function groupCallOf(
  functionName: string,
  store: Store,
  plan: NormalizePlan,
  x: Operand,
  shape: readonly number[],
  { weight, bias, eps, out }: NormOptions,
): NormalizeCall {
  return {
    functionName,
    plan,
    centred: true,
    eps: epsOf(functionName, eps),
    x,
    weight: parameterOf(functionName, "weight", weight, shape, x.format, store),
    bias: parameterOf(functionName, "bias", bias, shape, x.format, store),
    out,
  };
}

/** One value per group says nothing about its spread: PyTorch's functional forms refuse it too. */
export function checkSeveralValues(functionName: string, x: Operand, several: boolean, group: string): void {
  if (several) return;
  throw new ShapeError(functionName, "x", `must have more than one value per ${group}`, formatShape(x.sizes));
}

/** Runs a call, into its `out` or a new tensor. */
export function normalizeGroups(context: NormalizeContext, call: NormalizeCall): Tensor {
  const { out } = call;
  if (out === undefined || out === null) return withOutput(context, call, run);
  // As withOutput does, which other ops share, so that V8 compiles it for all of them: that costs a small call 20 ns.
  const operand = checkedOut(call, context.store);
  run(context, call, operand);
  return asTensor(out, operand, context.store);
}

/** normalizeGroups with the statistics, tensors of shape `statisticsShape`. */
export function normalizeGroupsWithStatistics(
  context: NormalizeContext,
  call: NormalizeCall,
  statisticsShape: readonly number[],
): AnyStatistics {
  return makingTensors(context, call, (make) => {
    const format = computeFormat(call.x.format);
    let mean!: Tensor;
    let rstd!: Tensor;
    // Made when `out` has been checked: memory may grow for them, and detach a view that came.
    const output = withOutput(context, call, (_, __, out) => {
      mean = make(statisticsShape, format);
      rstd = make(statisticsShape, format);
      run(context, call, out, mean, rstd);
    });
    return { output, mean, rstd };
  });
}

/** normalizeGroups without centring, with rstd alone. */
export function normalizeGroupsWithRstd(
  context: NormalizeContext,
  call: NormalizeCall,
  statisticsShape: readonly number[],
): Omit<AnyStatistics, "mean"> {
  return makingTensors(context, call, (make) => {
    let rstd!: Tensor;
    const output = withOutput(context, call, (_, __, out) => {
      rstd = make(statisticsShape, computeFormat(call.x.format));
      run(context, call, out, undefined, rstd);
    });
    return { output, rstd };
  });
}

/** normalizeGroups into `out`, with the moments of the groups in float64. */
export function normalizeGroupsWithMoments(context: NormalizeContext, call: NormalizeCall, out: Operand): GroupMoments {
  const groups = groupsOf(call.plan.reduction);
  const moments = { mean: new Float64Array(groups), variance: new Float64Array(groups) };
  run(context, call, out, undefined, undefined, moments);
  return moments;
}

function run(
  context: NormalizeContext,
  { functionName, plan, centred, eps, x, weight, bias }: NormalizeCall,
  out: Operand,
  mean?: Tensor,
  rstd?: Tensor,
  moments?: GroupMoments,
): void {
  if (x.size > 0) {
    context.backend.normalize({ functionName, plan, centred, eps, x, out, weight, bias, mean, rstd, moments });
    return;
  }
  // Groups of no elements, as in PyTorch.
  fill(mean, 0);
  fill(rstd, NaN);
  moments?.variance.fill(NaN);
}

function fill(tensor: Tensor | undefined, value: number): void {
  if (tensor) (tensor.data as Float32Array).fill(value);
}
