import type { Engine, WithStatistics } from "../../src/index.js";

/** Rows of n elements that are normalised on their own: layer norm's rows, or group norm's channels. */
export type Normalize = (engine: Engine, data: Float32Array, n: number, eps?: number) => WithStatistics<Float32Array>;

/** Both layers without parameters, by name: on the same rows they give nearly the same. */
export const layers: Readonly<Record<string, Normalize>> = {
  "layer norm": (engine, data, n, eps) => engine.nativeLayerNorm({ data, shape: [data.length / n, n] }, n, { eps }),
  "group norm": (engine, data, n, eps) => {
    const rows = data.length / n;
    return engine.nativeGroupNorm({ data, shape: [1, rows, n] }, rows, { eps });
  },
};
