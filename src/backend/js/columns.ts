// Groups that are neighbours, or made of neighbours: columns, and strided groups that lie side by side. Memory is walked
// in order, with sums for a chunk of columns at a time.

import { type Columns, type Dimension, groupSizeOf, type Strided } from "../../plan.js";
import type { Reader } from "./elements.js";
import type { Computed, Kernels } from "./kernels.js";
import { MOST_COLUMNS, type State } from "./state.js";
import type { Groups } from "./statistics.js";
import { itemsOf, offsetOf } from "./walk.js";

/** Blocks of columns: `kept` walks over blocks, `outer` over those stretches of a block's steps that are evenly apart. */
export interface ColumnLayout {
  readonly kept: readonly Dimension[];
  readonly outer: readonly Dimension[];
  /** Steps of a stretch, and elements from one to the next. */
  readonly steps: Dimension;
  readonly columns: number;
  readonly width: number;
  readonly blocks: number;
  /** Whether parameters of groups start over with every block. */
  readonly periodic: boolean;
  /** Elements per group. */
  readonly size: number;
}

export function columnLayoutOf(reduction: Columns | Strided): ColumnLayout {
  const size = groupSizeOf(reduction);
  const { columns } = reduction;
  if (reduction.kind === "columns") {
    const { blocks, steps, width } = reduction;
    const kept = [{ size: blocks, stride: steps * columns }];
    return { kept, outer: [], steps: { size: steps, stride: columns }, columns, width, blocks, periodic: true, size };
  }
  const { kept, reduced } = reduction;
  const steps = reduced.at(-1) ?? { size: 1, stride: columns };
  return { kept, outer: reduced.slice(0, -1), steps, columns, width: 1, blocks: itemsOf(kept), periodic: false, size };
}

/** What is done with neighbouring steps of a chunk: from `offset` of the tensor on; `step` of the block is the first. */
export type StepsVisit = (offset: number, steps: number, step: number) => void;

/** A chunk of the columns of a block. */
export class ColumnGroups<Data extends Computed> implements Groups {
  readonly width: number;
  readonly size: number;
  /** Columns of a chunk, but for the last. */
  readonly most: number;
  first = 0;
  groups = 0;
  block = 0;
  firstColumn = 0;
  columns = 0;
  readonly layout: ColumnLayout;
  readonly #kernels: Kernels<Data>;
  readonly #x: Reader<Data>;
  /** Steps that are visited at once. */
  readonly #strip: number;

  constructor(layout: ColumnLayout, kernels: Kernels<Data>, x: Reader<Data>) {
    const { columns, width, steps, size } = layout;
    this.layout = layout;
    this.#kernels = kernels;
    this.#x = x;
    this.width = width;
    this.size = size;
    this.most = Math.min(columns, width * Math.max(1, Math.floor(MOST_COLUMNS / width)));
    const together = this.most === steps.stride;
    this.#strip = x.limit === Infinity ? steps.size : together ? Math.max(1, Math.floor(x.limit / columns)) : 1;
  }

  next(): boolean {
    this.first += this.groups;
    this.firstColumn += this.columns;
    if (this.firstColumn === this.layout.columns) {
      this.firstColumn = 0;
      this.block++;
    }
    this.columns = Math.min(this.most, this.layout.columns - this.firstColumn);
    this.groups = this.columns / this.width;
    return this.block < this.layout.blocks;
  }

  begin(state: State): void {
    const { width } = this;
    const steps = Math.min(this.#strip, this.layout.steps.size);
    const at = this.at(offsetOf(this.layout.kept, this.block) + this.firstColumn, steps);
    for (let group = 0; group < this.groups; group++) {
      if (!state.pending[group]) continue;
      const from = group * width;
      state.shift.fill(this.#x.data[at + from] * state.scale[from], from, from + width);
    }
  }

  accumulate(state: State): void {
    const { stride } = this.layout.steps;
    this.visit((offset, steps) => {
      this.#kernels.addColumns(this.#x.data, this.at(offset, steps), steps, stride, this.columns, state);
    });
  }

  /** The index of the chunk's first column in parameters of groups. */
  get firstParameter(): number {
    return this.layout.periodic ? this.firstColumn : this.first;
  }

  /** Where steps that are visited at once are found in x. */
  at(offset: number, steps: number): number {
    return this.#x.at(offset, steps * this.columns);
  }

  /** Visits the steps of the chunk in order. */
  visit(visit: StepsVisit): void {
    const { kept, outer, steps } = this.layout;
    const base = offsetOf(kept, this.block) + this.firstColumn;
    const stretches = itemsOf(outer);
    for (let stretch = 0; stretch < stretches; stretch++) {
      const start = base + offsetOf(outer, stretch);
      for (let done = 0; done < steps.size; done += this.#strip) {
        const count = Math.min(this.#strip, steps.size - done);
        visit(start + done * steps.stride, count, stretch * steps.size + done);
      }
    }
  }
}
