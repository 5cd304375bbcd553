import type { TypedArray } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { planGroupNorm } from "../plan.js";
import type { Tensor, TensorLike } from "../tensor.js";
import { channelShapeOf, type Layout } from "./channels.js";
import {
  type AnyStatistics,
  checkSeveralValues,
  groupCallOf,
  type NormalizeCall,
  type NormalizeContext,
  normalizeGroups,
  normalizeGroupsWithStatistics,
} from "./normalize_groups.js";
import { countOf, operandOf, optionsOf } from "./operand.js";

/** Options of groupNorm and nativeGroupNorm. */
export interface GroupNormOptions {
  /** One factor per channel, of shape [C] or a bare array; 1 where missing. */
  weight?: TensorLike | TypedArray | null;
  /** One addend per channel, of shape [C] or a bare array; 0 where missing. */
  bias?: TensorLike | TypedArray | null;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** "channels-first" (the default): x is [N, C, ...]; "channels-last": x is [N, ..., C]. */
  layout?: Layout;
  /** Where to write: x's shape, dtype and home; may be exactly x. */
  out?: TensorLike;
}

/** groupNorm of the API, on an engine. */
export function groupNorm(
  context: NormalizeContext,
  x: TensorLike,
  numGroups: number,
  options?: GroupNormOptions,
): Tensor {
  const call = callOf(context, "groupNorm", x, numGroups, options);
  checkSeveralValues("groupNorm", call.x, call.x.size !== numGroups, "group");
  return normalizeGroups(context, call);
}

/** nativeGroupNorm of the API, on an engine. */
export function nativeGroupNorm(
  context: NormalizeContext,
  x: TensorLike,
  numGroups: number,
  options?: GroupNormOptions,
): AnyStatistics {
  const call = callOf(context, "nativeGroupNorm", x, numGroups, options);
  return normalizeGroupsWithStatistics(context, call, [call.x.sizes[0], numGroups]);
}

function callOf(
  { store }: NormalizeContext,
  functionName: string,
  x: TensorLike,
  numGroups: number,
  options: GroupNormOptions | undefined,
): NormalizeCall {
  const given = optionsOf(functionName, options, read);
  const input = operandOf(functionName, "x", x, store);
  const shape = channelShapeOf(functionName, input, given.layout);
  checkGroups(functionName, numGroups, shape.channels);
  return groupCallOf(functionName, store, planGroupNorm(shape, numGroups), input, [shape.channels], given);
}

function read({ weight, bias, eps, layout, out }: GroupNormOptions): GroupNormOptions {
  return { weight, bias, eps, layout, out };
}

/** Throws unless numGroups is a number of groups that the channels part into. */
export function checkGroups(functionName: string, numGroups: unknown, channels: number): void {
  if (channels % countOf(functionName, "numGroups", numGroups) !== 0) {
    throw new ShapeError(functionName, "numGroups", `must divide the ${channels} channels`, String(numGroups));
  }
}
