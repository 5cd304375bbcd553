// What an op comes down to: which elements share statistics (a reduction), and which elements share a scale and a bias
// (a map). Pure: no memory, no kernels.

import { sizeOf } from "./shape.js";

/** Rows of contiguous elements. */
export interface Rows {
  readonly kind: "rows";
  /** How many rows. */
  readonly rows: number;
  /** Elements per row. */
  readonly n: number;
}

/** Blocks of `steps` steps of `columns` contiguous elements; `width` neighbouring columns share statistics. */
export interface Columns {
  readonly kind: "columns";
  readonly blocks: number;
  readonly steps: number;
  readonly columns: number;
  readonly width: number;
}

/** One dimension of a strided walk, in elements. */
export interface Dimension {
  readonly size: number;
  readonly stride: number;
}

/**
 * What is neither: a group is scattered in pieces. `kept` walks over the groups, `reduced` over the pieces of one. A piece
 * is a run of `run` contiguous elements, or, where `columns` > 1, one element of each of as many neighbouring groups.
 */
export interface Strided {
  readonly kind: "strided";
  readonly kept: readonly Dimension[];
  readonly reduced: readonly Dimension[];
  readonly run: number;
  readonly columns: number;
}

export type Reduction = Rows | Columns | Strided;

/** One gamma and beta per element of a group, in its order: layer norm, standardize. */
export interface ElementMap {
  readonly kind: "element";
}

/** Rows with one gamma and beta per channel, a run of `span` elements: group norm. */
export interface ChannelMap {
  readonly kind: "channel";
  /** Channels per row. */
  readonly channels: number;
  /** Elements per channel. */
  readonly span: number;
  /** After how many rows the parameters start over: the number of groups. */
  readonly period: number;
}

/** Columns with one gamma and beta per column, or strided groups with one per group. */
export interface GroupMap {
  readonly kind: "group";
}

export type AffineMap = ElementMap | ChannelMap | GroupMap;

/** A reduction, and the map that follows. */
export interface NormalizePlan {
  readonly reduction: Reduction;
  readonly map: AffineMap;
}

const elementMap: ElementMap = { kind: "element" };
const groupMap: GroupMap = { kind: "group" };

/** Groups of a reduction. */
export function groupsOf(reduction: Reduction): number {
  switch (reduction.kind) {
    case "rows":
      return reduction.rows;
    case "columns":
      return (reduction.blocks * reduction.columns) / reduction.width;
    case "strided":
      return sizeOf(reduction.kept.map(({ size }) => size)) * reduction.columns;
  }
}

/** Elements per group. */
export function groupSizeOf(reduction: Reduction): number {
  switch (reduction.kind) {
    case "rows":
      return reduction.n;
    case "columns":
      return reduction.steps * reduction.width;
    case "strided":
      return sizeOf(reduction.reduced.map(({ size }) => size)) * reduction.run;
  }
}

/** Layer norm of `size` elements whose last dimensions, n elements, are normalised. */
export function planLayerNorm(size: number, n: number): NormalizePlan {
  return { reduction: { kind: "rows", rows: n === 0 ? 0 : size / n, n }, map: elementMap };
}

/** A tensor with channels, however they are laid out. */
export interface ChannelShape {
  readonly samples: number;
  readonly channels: number;
  /** Elements per channel of a sample. */
  readonly span: number;
  readonly last: boolean;
}

/** Group norm: a group is the channels of a sample that are neighbours. */
export function planGroupNorm({ samples, channels, span, last }: ChannelShape, groups: number): NormalizePlan {
  const width = channels / groups;
  if (last && span > 1) {
    return { reduction: { kind: "columns", blocks: samples, steps: span, columns: channels, width }, map: groupMap };
  }
  return {
    reduction: { kind: "rows", rows: samples * groups, n: width * span },
    map: { kind: "channel", channels: width, span, period: groups },
  };
}

/** Batch norm: a group is a channel of all samples. */
export function planBatchNorm({ samples, channels, span, last }: ChannelShape): NormalizePlan {
  if (last || span === 1) {
    const steps = samples * (last ? span : 1);
    return { reduction: { kind: "columns", blocks: 1, steps, columns: channels, width: 1 }, map: groupMap };
  }
  if (samples === 1) {
    const map: ChannelMap = { kind: "channel", channels: 1, span, period: channels };
    return { reduction: { kind: "rows", rows: channels, n: span }, map };
  }
  const kept = [{ size: channels, stride: span }];
  const reduced = [{ size: samples, stride: channels * span }];
  return { reduction: { kind: "strided", kept, reduced, run: span, columns: 1 }, map: groupMap };
}

/** Statistics over any axes (a set of indices of shape), one parameter per element of a group. */
export function planAxes(shape: readonly number[], axes: ReadonlySet<number>): NormalizePlan {
  return { reduction: reductionOf(mergedDimensions(shape, axes)), map: elementMap };
}

/** A dimension of a tensor, and whether statistics are taken over it. */
interface Merged extends Dimension {
  readonly reduced: boolean;
}

/** Neighbours of one kind are one dimension; sizes of 1 are none. Innermost last. */
function mergedDimensions(shape: readonly number[], axes: ReadonlySet<number>): Merged[] {
  const merged: Merged[] = [];
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis];
    if (size === 1) continue;
    const reduced = axes.has(axis);
    const inner = merged[0];
    if (inner?.reduced === reduced) merged[0] = { size: size * inner.size, stride: inner.stride, reduced };
    else merged.unshift({ size, stride, reduced });
    stride *= size;
  }
  return merged;
}

function reductionOf(dimensions: readonly Merged[]): Reduction {
  const inner = dimensions.at(-1);
  const outer = dimensions.slice(0, -1);
  if (!inner) return { kind: "rows", rows: 1, n: 1 };
  if (inner.reduced) {
    if (outer.length < 2) return { kind: "rows", rows: outer[0]?.size ?? 1, n: inner.size };
    return { kind: "strided", ...split(outer), run: inner.size, columns: 1 };
  }
  if (outer.length === 0) return { kind: "rows", rows: inner.size, n: 1 };
  if (outer.length < 3) {
    const [blocks, steps] = outer.length === 1 ? [1, outer[0].size] : [outer[0].size, outer[1].size];
    return { kind: "columns", blocks, steps, columns: inner.size, width: 1 };
  }
  return { kind: "strided", ...split(outer), run: 1, columns: inner.size };
}

function split(dimensions: readonly Merged[]): Pick<Strided, "kept" | "reduced"> {
  const strip = ({ size, stride }: Merged): Dimension => ({ size, stride });
  return {
    kept: dimensions.filter(({ reduced }) => !reduced).map(strip),
    reduced: dimensions.filter(({ reduced }) => reduced).map(strip),
  };
}
