/**
 * One axis of a row-major tensor: the digit `floor(index / stride) mod extent` of an element's flat index.
 * `position` is the axis of the input it comes from; a split axis gives two with the same position.
 */
export interface Axis {
  readonly position: number;
  readonly name: string;
  readonly extent: number;
  readonly stride: number;
}

/**
 * A division of the elements into groups of one size: two elements are in the same group when they agree on every axis of
 * `apart`, whatever they do on the axes of `together`. Axes of size 1 say nothing and are left out.
 */
export interface Partition {
  readonly apart: readonly Axis[];
  readonly together: readonly Axis[];
}

/** The axes of a channels-first shape `[N, C, ...spatial]`, named for people. */
export function axesOf(shape: readonly number[]): Axis[] {
  const axes: Axis[] = [];
  let stride = 1;
  for (let position = shape.length - 1; position >= 0; position--) {
    const name = ["sample", "channel"][position] ?? `index along axis ${position}`;
    axes.push({ position, name, extent: shape[position], stride });
    stride *= shape[position];
  }
  return axes.reverse();
}

/** The axis seen as `count` blocks (the first axis returned) of neighbours (the second). `count` divides the extent. */
export function splitAxis(axis: Axis, count: number, blockName: string): [Axis, Axis] {
  const blockSize = axis.extent / count;
  const name = blockSize === 1 ? axis.name : blockName;
  return [
    { ...axis, name, extent: count, stride: axis.stride * blockSize },
    { ...axis, extent: blockSize },
  ];
}

export function partitionBy(apart: readonly Axis[], together: readonly Axis[]): Partition {
  const matters = ({ extent }: Axis): boolean => extent > 1;
  return { apart: apart.filter(matters), together: together.filter(matters) };
}

export function groupCount({ apart }: Partition): number {
  return apart.reduce((count, { extent }) => count * extent, 1);
}

export function groupSize({ together }: Partition): number {
  return together.reduce((size, { extent }) => size * extent, 1);
}

/** The row-major number of the group of an element, by its flat index. */
export function groupOf({ apart }: Partition, element: number): number {
  return apart.reduce((group, { extent, stride }) => group * extent + (Math.floor(element / stride) % extent), 0);
}

/**
 * Does every group of `fine` lie inside a group of `coarse`? Both divide the same elements; their axes may cut the index
 * at different places (4 blocks of 3 channels against 6 of 2). The group of an element is a tuple of digits, and one step
 * along an axis reaches all of its group, so it is enough that no such step in `fine` changes a digit of `coarse`.
 */
export function refines(fine: Partition, coarse: Partition): boolean {
  return fine.together.every((step) => coarse.apart.every((digit) => leavesAlone(step, digit)));
}

/** Have both partitions the same groups? */
export function isSamePartition(a: Partition, b: Partition): boolean {
  return refines(a, b) && refines(b, a);
}

/**
 * Does moving along `step` never change `digit`? Only when one of the two ends where, or before, the other begins: either
 * whole runs of the step fit below the digit, or the step jumps whole periods of the digit. Otherwise there is a
 * counterexample: the step across `digit.stride` if the step is the smaller, else the one from 0, or from just below the
 * digit's first carry. (Both extents are at least 2.)
 */
function leavesAlone(step: Axis, digit: Axis): boolean {
  return digit.stride % (step.stride * step.extent) === 0 || step.stride % (digit.stride * digit.extent) === 0;
}
