/** Which elements of a dense tensor share statistics, and which share a weight and a bias. */
export interface Grouping {
  readonly groups: number;
  /** Elements of a group. */
  readonly size: number;
  /** Where element j of group g lies: members[g * size + j]. Missing where groups are rows, each after the other. */
  readonly members?: Int32Array;
  readonly parameterCount: number;
  /** Which parameter belongs to an element, by the element's place in memory. */
  parameterOf(index: number): number;
}

/** Groups over the reduced axes; parameters have the sizes of the parameter axes, in ascending order. */
export function groupByAxes(
  shape: readonly number[],
  reduced: readonly number[],
  parameters: readonly number[] = reduced,
): Grouping {
  const kept = shape.map((_, axis) => axis).filter((axis) => !reduced.includes(axis));
  const size = product(reduced.map((axis) => shape[axis]));
  const groups = product(kept.map((axis) => shape[axis]));
  return {
    groups,
    size,
    members: areRows(shape, reduced) ? undefined : membersOf(indexOver(shape, kept), groups, size),
    parameterCount: product(parameters.map((axis) => shape[axis])),
    parameterOf: indexOver(shape, parameters),
  };
}

export type Layout = "channels-first" | "channels-last";

/** [N, C, ...] or [N, ..., C], with the axes after or before the channels as one. */
export interface ChannelShape {
  readonly batch: number;
  readonly channels: number;
  /** The product of the sizes that are neither batch nor channels. */
  readonly spatial: number;
  readonly layout?: Layout;
}

/** Group norm; instance norm is as many groups as channels. */
export function groupChannels({ batch, channels, spatial, layout }: ChannelShape, groups: number): Grouping {
  const width = channels / groups;
  if (layout === "channels-last") return groupByAxes([batch, spatial, groups, width], [1, 3], [2, 3]);
  return groupByAxes([batch, groups, width, spatial], [2, 3], [1, 2]);
}

/** Batch norm: a group is a channel. */
export function groupBatch({ batch, channels, spatial, layout }: ChannelShape): Grouping {
  if (layout === "channels-last") return groupByAxes([batch, spatial, channels], [0, 1], [2]);
  return groupByAxes([batch, channels, spatial], [0, 2], [1]);
}

/** Layer norm and RMS norm over the last `length` axes. */
export function groupLast(shape: readonly number[], length: number): Grouping {
  const axes = shape.map((_, axis) => axis);
  return groupByAxes(shape, axes.slice(axes.length - length));
}

export function product(sizes: readonly number[]): number {
  return sizes.reduce((size, extent) => size * extent, 1);
}

/** The index of an element among the sizes of some axes, by its index in the whole tensor. */
function indexOver(shape: readonly number[], axes: readonly number[]): (index: number) => number {
  const parts = merged(shape, axes);
  const [strides, extents] = [0, 1].map((part) => parts.map((pair) => pair[part]));
  if (parts.length === 0) return () => 0;
  if (parts.length === 1) {
    const [[stride, extent]] = parts;
    return (index) => Math.floor(index / stride) % extent;
  }
  return (index) => {
    let place = 0;
    for (let part = 0; part < strides.length; part++)
      place = place * extents[part] + (Math.floor(index / strides[part]) % extents[part]);
    return place;
  };
}

/** [stride, extent] of the axes, neighbours as one. */
function merged(shape: readonly number[], axes: readonly number[]): [number, number][] {
  const parts: [number, number][] = [];
  let previous = -2;
  for (const axis of [...axes].sort((a, b) => a - b)) {
    const stride = product(shape.slice(axis + 1));
    if (axis === previous + 1) parts.push([stride, parts.pop()![1] * shape[axis]]);
    else parts.push([stride, shape[axis]]);
    previous = axis;
  }
  return parts;
}

function areRows(shape: readonly number[], reduced: readonly number[]): boolean {
  const sizes = shape.map((extent, axis) => ({ extent, isReduced: reduced.includes(axis) }));
  const some = sizes.filter(({ extent }) => extent !== 1);
  return some.every(({ isReduced }, place) => place === 0 || isReduced || !some[place - 1].isReduced);
}

function membersOf(groupOf: (index: number) => number, groups: number, size: number): Int32Array {
  const members = new Int32Array(groups * size);
  const next = new Int32Array(groups);
  for (let index = 0; index < members.length; index++) {
    const group = groupOf(index);
    members[group * size + next[group]++] = index;
  }
  return members;
}
