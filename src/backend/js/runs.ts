// Groups of contiguous runs: rows, and strided groups whose pieces are runs.

import { type Blocks, startOf } from "../blocks.js";
import type { Reader } from "./elements.js";
import type { Computed, Kernels } from "./kernels.js";
import type { State } from "./state.js";
import type { Groups } from "./statistics.js";

/** Elements that are summed before they are mapped, where groups are small: they stay in the nearest cache. */
const BATCH_ELEMENTS = 4096;
const MOST_GROUPS = 64;

/** A batch of groups; a column of the state for each. */
export class RunGroups<Data extends Computed> implements Groups {
  readonly width = 1;
  readonly size: number;
  /** Groups of a batch, but for the last. */
  readonly most: number;
  groups = 0;
  first = 0;
  readonly layout: Blocks;
  readonly #kernels: Kernels<Data>;
  readonly #x: Reader<Data>;
  /** Elements of a piece, but for the last of a run. */
  readonly #most: number;
  readonly #piecesOfRun: number;
  /** Pieces of a group. */
  readonly pieces: number;
  /** The piece sought: where it lies in the tensor and in its group, and its elements. */
  offset = 0;
  position = 0;
  count = 0;

  constructor(layout: Blocks, kernels: Kernels<Data>, x: Reader<Data>) {
    this.layout = layout;
    this.#kernels = kernels;
    this.#x = x;
    this.#most = Math.min(layout.steps, x.limit);
    this.#piecesOfRun = Math.ceil(layout.steps / this.#most);
    this.pieces = layout.pieces.length * this.#piecesOfRun;
    this.count = this.#most;
    this.size = layout.pieces.length * layout.steps;
    this.most = Math.max(1, Math.min(MOST_GROUPS, layout.blocks, Math.floor(BATCH_ELEMENTS / this.size)));
  }

  next(): boolean {
    this.first += this.groups;
    this.groups = Math.min(this.most, this.layout.blocks - this.first);
    return this.groups > 0;
  }

  begin(state: State): void {
    for (let group = 0; group < this.groups; group++) {
      if (!state.pending[group]) continue;
      this.seek(group, 0);
      state.shift[group] = this.#x.data[this.#x.at(this.offset, this.count)] * state.scale[group];
    }
  }

  accumulate(state: State): void {
    const x = this.#x;
    for (let group = 0; group < this.groups; group++) {
      if (!state.pending[group]) continue;
      for (let piece = 0; piece < this.pieces; piece++) {
        this.seek(group, piece);
        this.#kernels.addRun(x.data, x.at(this.offset, this.count), this.count, state, group);
      }
    }
  }

  /** Goes to a piece of a group of the batch. */
  seek(group: number, piece: number): void {
    const { pieces, steps } = this.layout;
    this.offset = startOf(this.layout, this.first + group);
    if (this.pieces === 1) return;
    const index = Math.floor(piece / this.#piecesOfRun);
    const done = (piece % this.#piecesOfRun) * this.#most;
    this.offset += pieces[index] + done;
    this.count = Math.min(this.#most, steps - done);
    this.position = index * steps + done;
  }
}
