// What an op comes down to: rows that share statistics, and which elements share a scale and a bias. Pure: no memory,
// no kernels.

/** Rows of contiguous elements that share statistics, and the map that follows. */
export interface RowPlan {
  /** How many rows. */
  readonly rows: number;
  /** Elements per row. */
  readonly n: number;
  readonly map: VectorizedMap | GlobalMap;
}

/** One gamma and beta per element of the row: layer norm. */
export interface VectorizedMap {
  readonly kind: "vectorized";
}

/** One gamma and beta per channel, a run of `span` elements: group norm. */
export interface GlobalMap {
  readonly kind: "global";
  /** Channels per row. */
  readonly channels: number;
  /** Elements per channel. */
  readonly span: number;
  /** After how many rows the parameters start over: the number of groups. */
  readonly period: number;
}

const vectorized: VectorizedMap = { kind: "vectorized" };

/** Layer norm of `size` elements whose last dimensions, n elements, are normalised. */
export function planLayerNorm(size: number, n: number): RowPlan {
  return { rows: n === 0 ? 0 : size / n, n, map: vectorized };
}

/** Group norm of [samples, channels, ...] with `span` elements per channel, channels first. */
export function planGroupNorm(samples: number, channels: number, span: number, groups: number): RowPlan {
  const perGroup = channels / groups;
  return {
    rows: samples * groups,
    n: perGroup * span,
    map: { kind: "global", channels: perGroup, span, period: groups },
  };
}
