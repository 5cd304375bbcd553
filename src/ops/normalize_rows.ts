import type { Backend } from "../backend/backend.js";
import type { RowPlan } from "../plan.js";
import { sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import type { Operand } from "./operand.js";
import { outputLike, outputOf, type TensorFactory } from "./output.js";

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

/** A checked call of an op that normalises rows. */
export interface NormalizeCall {
  readonly functionName: string;
  readonly plan: RowPlan;
  readonly eps: number;
  readonly x: Operand;
  readonly weight: Operand | undefined;
  readonly bias: Operand | undefined;
  readonly out: unknown;
  /** The shape of mean and rstd, where they are wanted. */
  readonly statisticsShape: readonly number[] | undefined;
}

interface Results {
  readonly output: Tensor;
  readonly mean: Tensor | undefined;
  readonly rstd: Tensor | undefined;
}

/** Makes the results' tensors, then runs the plan; if either fails, nothing that was made is kept. */
export function normalizeRows(context: NormalizeContext, call: NormalizeCall): Results {
  const { functionName, plan, x, weight, bias, eps, statisticsShape } = call;
  const made: Tensor[] = [];
  try {
    const { operand, tensor } = outputOf(context, functionName, call.out, x, [
      ["weight", weight],
      ["bias", bias],
    ]);
    if (call.out === undefined || call.out === null) made.push(tensor);
    const results = { output: tensor, mean: makeStatistic(), rstd: makeStatistic() };
    if (sizeOf(x.shape) > 0) {
      context.backend.normalize({ functionName, plan, eps, x, out: operand, weight, bias, ...statistics(results) });
    } else fillEmpty(results);
    return results;
  } catch (error) {
    for (const tensor of made) tensor.dispose();
    throw error;
  }

  function makeStatistic(): Tensor | undefined {
    if (!statisticsShape) return undefined;
    const tensor = outputLike(context, functionName, x, statisticsShape);
    made.push(tensor);
    return tensor;
  }
}

function statistics({ mean, rstd }: Results): { mean: Operand | undefined; rstd: Operand | undefined } {
  return { mean, rstd };
}

/** Groups of no elements, as in PyTorch. */
function fillEmpty({ mean, rstd }: Results): void {
  mean?.data.fill(0);
  rstd?.data.fill(NaN);
}
