import type { Engine } from "../../src/index.js";
import { channelParameters, layerParameters, type Affine, type Parameters } from "./oracle.js";

export interface PlacementOptions {
  readonly weight?: Float32Array;
  readonly bias?: Float32Array;
  readonly eps: number;
}

/** A layer whose groups are rows of contiguous elements, so that different layers can be held against one reference. */
export interface Placement {
  readonly name: string;
  readonly parameterCount: number;
  /** The layer's parameters as the oracle takes them. */
  parameters(affine: Affine): Parameters;
  forward(engine: Engine, x: Float32Array, options: PlacementOptions): ReturnType<Engine["layerNorm"]>;
  native(engine: Engine, x: Float32Array, options: PlacementOptions): ReturnType<Engine["nativeLayerNorm"]>;
}

export function asLayerNorm(rows: number, n: number): Placement {
  const shape = [rows, n];
  return {
    name: "layerNorm",
    parameterCount: n,
    parameters: (affine) => layerParameters(n, affine),
    forward: (engine, data, options) => engine.layerNorm({ data, shape }, n, options),
    native: (engine, data, options) => engine.nativeLayerNorm({ data, shape }, n, options),
  };
}

/** Channels-first, with two batch items where the rows divide, and as many channels per group as can be had below 64. */
export function asGroupNorm(rows: number, n: number): Placement {
  const batch = rows % 2 === 0 ? 2 : 1;
  const groups = rows / batch;
  const channelsPerGroup = largestDivisorBelow(64, n);
  const channels = groups * channelsPerGroup;
  const spatial = n / channelsPerGroup;
  const shape = [batch, channels, spatial];
  return {
    name: "groupNorm",
    parameterCount: channels,
    parameters: (affine) => channelParameters(channels, spatial, affine),
    forward: (engine, data, options) => engine.groupNorm({ data, shape }, groups, options),
    native: (engine, data, options) => engine.nativeGroupNorm({ data, shape }, groups, options),
  };
}

function largestDivisorBelow(limit: number, value: number): number {
  let divisor = limit - 1;
  while (value % divisor !== 0) divisor--;
  return divisor;
}
