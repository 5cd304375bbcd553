// Groups that are neighbours, or made of neighbours: columns, and strided groups that lie side by side. Memory is walked
// in order, with sums for a chunk of columns at a time.

import { type Blocks, startOf } from "../blocks.js";
import type { Reader } from "./elements.js";
import type { Computed, Kernels } from "./kernels.js";
import { MOST_COLUMNS, type State } from "./state.js";
import type { Groups } from "./statistics.js";

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
  readonly layout: Blocks;
  readonly #kernels: Kernels<Data>;
  readonly #x: Reader<Data>;
  /** Steps that are visited at once. */
  readonly #strip: number;

  constructor(layout: Blocks, kernels: Kernels<Data>, x: Reader<Data>) {
    const { columns, width, steps, pieces } = layout;
    this.layout = layout;
    this.#kernels = kernels;
    this.#x = x;
    this.width = width;
    this.size = pieces.length * steps * width;
    this.most = Math.min(columns, width * Math.max(1, Math.floor(MOST_COLUMNS / width)));
    const together = this.most === columns;
    this.#strip = x.limit === Infinity ? steps : together ? Math.max(1, Math.floor(x.limit / columns)) : 1;
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
    const steps = Math.min(this.#strip, this.layout.steps);
    const at = this.at(startOf(this.layout, this.block) + this.firstColumn, steps);
    for (let group = 0; group < this.groups; group++) {
      if (!state.pending[group]) continue;
      const from = group * width;
      state.shift.fill(this.#x.data[at + from] * state.scale[from], from, from + width);
    }
  }

  accumulate(state: State): void {
    const stride = this.layout.columns;
    this.visit((offset, steps) => {
      this.#kernels.addColumns(this.#x.data, this.at(offset, steps), steps, stride, this.columns, state);
    });
  }

  /** Where steps that are visited at once are found in x. */
  at(offset: number, steps: number): number {
    return this.#x.at(offset, steps * this.columns);
  }

  /** Visits the steps of the chunk in order. */
  visit(visit: StepsVisit): void {
    const { pieces, steps, columns } = this.layout;
    const base = startOf(this.layout, this.block) + this.firstColumn;
    for (let piece = 0; piece < pieces.length; piece++) {
      for (let done = 0; done < steps; done += this.#strip) {
        const count = Math.min(this.#strip, steps - done);
        visit(base + pieces[piece] + done * columns, count, piece * steps + done);
      }
    }
  }
}
