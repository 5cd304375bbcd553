// What GroupNorm and SkipGroupNorm share.

import type { Layout } from "../../ops/channels.js";
import type { Tensor } from "../../tensor.js";
import { groupNorm } from "../one_value.js";
import { newTensor } from "../engine.js";
import { mapTiles, silu } from "../tiles.js";
import type { Call } from "./call.js";
import { fitted } from "./parameters.js";
import { cast } from "./stash_type.js";

/** Attributes of GroupNorm and SkipGroupNorm. */
export interface GroupNormAttributes {
  /** Into how many groups of neighbours the C channels part; divides C. */
  groups: number;
  /** What is applied to the result: 0 for nothing, 1 for SiLU. */
  activation: number;
  /** 1 (the default) for [N, H, W, C], 0 for [N, C, H, W]. */
  channels_last?: number;
  /** Added to the variance. Default 1e-5. */
  epsilon?: number;
}

/** Names of the attributes. */
export const groupNormAttributes = ["activation", "channels_last", "epsilon", "groups"];

/** A call of either operator, checked. */
export interface GroupNormCall {
  readonly x: Tensor;
  readonly channels: number;
  readonly layout: Layout;
  readonly groups: number;
  readonly gamma: Tensor;
  readonly beta: Tensor;
  readonly eps: number;
  readonly activated: boolean;
}

export function groupNormCallOf(call: Call): GroupNormCall {
  const x = call.tensor(0, 4, 4);
  const layout = call.flag("channels_last", true) ? "channels-last" : "channels-first";
  const channels = x.sizes[layout === "channels-last" ? 3 : 1];
  return {
    x,
    channels,
    layout,
    groups: call.groups("groups", channels),
    gamma: call.tensorOfShape(1, [channels]),
    beta: call.tensorOfShape(2, [channels]),
    eps: call.number("epsilon", 1e-5),
    activated: call.choice("activation", [0, 1]) === 1,
  };
}

/** Y, of x's dtype, from what is normalised: x, or a sum in the dtype it is computed in. */
export function groupNormalize(call: Call, groupNormCall: GroupNormCall, from: Tensor, out?: Tensor): Tensor {
  const { x, layout, groups, gamma, beta, eps, activated } = groupNormCall;
  const parameters = { weight: fitted(gamma, from), bias: fitted(beta, from) };
  const y = groupNorm(call.engine, from, groups, { ...parameters, eps, layout, out });
  if (!activated) return cast(call, y, x.format);
  const result = y.dtype === x.dtype ? y : newTensor(call.engine, call.name, x, x.sizes);
  mapTiles(y, [result], [silu]);
  return result;
}
