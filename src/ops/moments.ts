import type { GroupMoments } from "../backend/backend.js";
import { computeFormat, type TypedArray } from "../dtype.js";
import { writeNumbers } from "../elements.js";
import { ShapeError } from "../errors.js";
import { groupSizeOf, groupsOf, planAxes, type Reduction } from "../plan.js";
import type { Tensor, TensorLike } from "../tensor.js";
import { axesOf } from "./axes.js";
import type { NormalizeContext, StatisticsArray } from "./normalize_groups.js";
import { countOf, type Operand, operandOf } from "./operand.js";
import { makingTensors } from "./output.js";

/** Statistics of rows. */
export interface RowwiseMoments<Data extends TypedArray = TypedArray> {
  /** The mean of each row: float32, or float64 for a float64 x. */
  readonly mean: Tensor<StatisticsArray<Data>>;
  /** The biased variance of each row, divided by n, likewise. */
  readonly variance: Tensor<StatisticsArray<Data>>;
}

/** rowwiseMoments of the API, on an engine. */
export function rowwiseMoments(
  context: NormalizeContext,
  x: TensorLike,
  n: number,
): Record<"mean" | "variance", Tensor> {
  const functionName = "rowwiseMoments";
  const input = operandOf(functionName, "x", x, context.store);
  checkRowLength(functionName, n, input.size);
  const rows = input.size / n;
  return makingTensors(context, { functionName, x: input }, (make) => {
    const format = computeFormat(input.format);
    const mean = make([rows], format);
    const variance = make([rows], format);
    const moments = momentsOf(context, functionName, input, { kind: "rows", rows, n });
    writeNumbers(mean, moments.mean);
    writeNumbers(variance, moments.variance);
    return { mean, variance };
  });
}

function checkRowLength(functionName: string, n: unknown, size: number): void {
  if (size % countOf(functionName, "n", n) !== 0) {
    throw new ShapeError(functionName, "n", `must divide the ${size} elements of x`, String(n));
  }
}

/** Moments over axes, of the groups that the other axes' elements are. */
export interface AxisMoments extends GroupMoments {
  /** Elements per group. */
  readonly count: number;
  /** x's sizes at the other axes. */
  readonly shape: readonly number[];
}

/** Moments over any axes of x; over all of them where none are given. */
export function axisMoments(
  context: NormalizeContext,
  x: TensorLike,
  axes: readonly number[] | undefined,
): AxisMoments {
  const functionName = "Moments.of";
  const input = operandOf(functionName, "x", x, context.store);
  const { sizes } = input;
  const reduced = axesOf(functionName, "axes", axes === undefined ? sizes.map((_, axis) => axis) : axes, sizes.length);
  const { reduction } = planAxes(sizes, reduced);
  return {
    ...momentsOf(context, functionName, input, reduction),
    count: groupSizeOf(reduction),
    shape: sizes.filter((_, axis) => !reduced.has(axis)),
  };
}

function momentsOf(context: NormalizeContext, functionName: string, x: Operand, reduction: Reduction): GroupMoments {
  const groups = groupsOf(reduction);
  const moments = { mean: new Float64Array(groups), variance: new Float64Array(groups) };
  if (x.size > 0) context.backend.moments({ functionName, reduction, x, moments });
  return moments;
}
