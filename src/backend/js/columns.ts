// Groups that are neighbours, or made of neighbours: columns, and strided groups that lie side by side. Memory is walked
// in order, with sums for a chunk of columns at a time.

import { type Blocks, startOf } from "../blocks.js";
import type { Computed, Kernels } from "./kernels.js";
import { MOST_COLUMNS, type State } from "./state.js";
import type { Groups, Target } from "./statistics.js";

/** A chunk of the columns of a block. */
export class ColumnGroups implements Groups {
  readonly width: number;
  readonly size: number;
  readonly most: number;
  first = 0;
  groups = 0;
  #block = 0;
  #firstColumn = 0;
  #columns = 0;
  readonly #layout: Blocks;
  readonly #kernels: Kernels;
  readonly #x: Computed;
  /** Steps that are summed at once. */
  readonly #strip: number;

  constructor(layout: Blocks, kernels: Kernels, x: Computed) {
    const { columns, width, steps, pieces } = layout;
    this.#layout = layout;
    this.#kernels = kernels;
    this.#x = x;
    this.width = width;
    this.size = pieces.length * steps * width;
    this.most = Math.min(columns, width * Math.max(1, Math.floor(MOST_COLUMNS / width)));
    this.#strip = kernels.window === undefined ? steps : stripOf(layout, this.most, kernels.window);
  }

  next(): boolean {
    this.first += this.groups;
    this.#firstColumn += this.#columns;
    if (this.#firstColumn === this.#layout.columns) {
      this.#firstColumn = 0;
      this.#block++;
    }
    this.#columns = Math.min(this.most, this.#layout.columns - this.#firstColumn);
    this.groups = this.#columns / this.width;
    return this.#block < this.#layout.blocks;
  }

  begin(state: State): void {
    const { width } = this;
    const start = this.#start();
    for (let group = 0; group < this.groups; group++) {
      if (!state.pending[group]) continue;
      const from = group * width;
      state.shift.fill(this.#x[start + from] * state.scale[from], from, from + width);
    }
  }

  accumulate(state: State): void {
    const { pieces, steps, columns } = this.#layout;
    const start = this.#start();
    for (const piece of pieces) {
      for (let step = 0; step < steps; step += this.#strip) {
        const count = Math.min(this.#strip, steps - step);
        this.#kernels.addColumns(this.#x, start + piece + step * columns, count, columns, this.#columns, state);
      }
    }
  }

  map(state: State, { map, out, gamma, beta }: Target): void {
    const { pieces, steps, columns } = this.#layout;
    const start = this.#start();
    // Parameters per step, or per column. Adding -0 changes nothing.
    const perStep = map.kind === "element";
    this.#spread(state, perStep ? undefined : gamma, perStep ? undefined : beta, perStep ? -0 : 0);
    const [gammas, betas] = perStep ? [gamma, beta] : [undefined, undefined];
    for (let piece = 0; piece < pieces.length; piece++) {
      const i = start + pieces[piece];
      const step = piece * steps;
      this.#kernels.mapColumns(out, this.#x, i, steps, columns, this.#columns, state, gammas, betas, step);
    }
  }

  /** Puts statistics of groups, and parameters of columns, where the map wants them. */
  #spread(state: State, gamma: Computed | undefined, beta: Computed | undefined, noBias: number): void {
    const { width } = this;
    for (let column = 0; column < this.#columns; column++) {
      const group = width === 1 ? column : Math.floor(column / width);
      const parameter = this.#firstColumn + column;
      state.centre[column] = state.mean[group];
      state.centreLow[column] = state.meanLow[group];
      state.slope[column] = gamma ? state.rstd[group] * gamma[parameter] : state.rstd[group];
      state.bias[column] = beta ? beta[parameter] : noBias;
    }
  }

  /** The index of the chunk's first element. */
  #start(): number {
    return startOf(this.#layout, this.#block) + this.#firstColumn;
  }
}

/** Steps of a window: one, where the columns of a step are not summed at once. */
function stripOf({ columns, width }: Blocks, most: number, window: number): number {
  return most < columns ? 1 : Math.max(1, Math.floor(Math.max(window, width) / columns));
}
