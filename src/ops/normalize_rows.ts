import type { Backend } from "../backend/backend.js";
import type { RowPlan } from "../plan.js";
import type { Tensor } from "../tensor.js";
import type { Operand } from "./operand.js";
import { asTensor, checkApart, checkedOut, outputLike, type TensorFactory } from "./output.js";

/** What ops need of an engine. */
export interface NormalizeContext extends TensorFactory {
  readonly backend: Backend;
}

/** A result with the statistics it was made with. */
export interface WithStatistics {
  /** The normalised tensor, of x's shape. */
  readonly output: Tensor;
  /** The mean of each group. */
  readonly mean: Tensor;
  /** 1 / sqrt(variance + eps) of each group. */
  readonly rstd: Tensor;
}

/** A checked call of an op that normalises rows, but for its `out`. */
export interface NormalizeCall {
  readonly functionName: string;
  readonly plan: RowPlan;
  readonly eps: number;
  readonly x: Operand;
  readonly weight: Operand | undefined;
  readonly bias: Operand | undefined;
  readonly out: unknown;
}

/** Runs a call, into its `out` or a new tensor. */
export function normalizeRows(context: NormalizeContext, call: NormalizeCall): Tensor {
  if (call.out !== undefined && call.out !== null) {
    const out = outOf(context, call);
    run(context, call, out, undefined, undefined);
    return asTensor(call.out, out, context.store);
  }
  const output = outputLike(context, call.functionName, call.x, call.x.sizes);
  try {
    run(context, call, output, undefined, undefined);
    return output;
  } catch (error) {
    output.dispose();
    throw error;
  }
}

/** normalizeRows with the statistics, tensors of shape `statisticsShape`. */
export function normalizeRowsWithStatistics(
  context: NormalizeContext,
  call: NormalizeCall,
  statisticsShape: readonly number[],
): WithStatistics {
  const out = call.out !== undefined && call.out !== null ? outOf(context, call) : undefined;
  const made: Tensor[] = [];
  try {
    const output = out ? asTensor(call.out, out, context.store) : make(call.x.sizes);
    const results = { output, mean: make(statisticsShape), rstd: make(statisticsShape) };
    run(context, call, out ?? output, results.mean, results.rstd);
    return results;
  } catch (error) {
    for (const tensor of made) tensor.dispose();
    throw error;
  }

  function make(shape: readonly number[]): Tensor {
    const tensor = outputLike(context, call.functionName, call.x, shape);
    made.push(tensor);
    return tensor;
  }
}

function outOf(context: NormalizeContext, { functionName, x, weight, bias, out }: NormalizeCall): Operand {
  const operand = checkedOut(functionName, out, x, context.store);
  if (weight) checkApart(functionName, operand, "weight", weight);
  if (bias) checkApart(functionName, operand, "bias", bias);
  return operand;
}

function run(
  context: NormalizeContext,
  { functionName, plan, eps, x, weight, bias }: NormalizeCall,
  out: Operand,
  mean: Tensor | undefined,
  rstd: Tensor | undefined,
): void {
  if (x.size > 0) context.backend.normalize({ functionName, plan, eps, x, out, weight, bias, mean, rstd });
  else {
    // Groups of no elements, as in PyTorch.
    mean?.data.fill(0);
    rstd?.data.fill(NaN);
  }
}
