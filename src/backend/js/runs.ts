// Groups of contiguous runs: rows, and strided groups whose pieces are runs.

import { type Dimension, groupSizeOf, type Rows, type Strided } from "../../plan.js";
import type { Reader } from "./elements.js";
import type { Computed, Kernels } from "./kernels.js";
import type { State } from "./state.js";
import type { Groups } from "./statistics.js";
import { itemsOf, offsetOf } from "./walk.js";

/** Elements that are summed before they are mapped, where groups are small: they stay in the nearest cache. */
const BATCH_ELEMENTS = 4096;
const MOST_GROUPS = 64;

/** Where groups lie: `kept` walks over groups, `reduced` over the runs of one. */
export interface RunLayout {
  readonly kept: readonly Dimension[];
  readonly reduced: readonly Dimension[];
  readonly run: number;
  readonly groups: number;
  /** Elements per group. */
  readonly size: number;
}

export function runLayoutOf(reduction: Rows | Strided): RunLayout {
  const size = groupSizeOf(reduction);
  if (reduction.kind === "rows") {
    const { rows, n } = reduction;
    return { kept: [{ size: rows, stride: n }], reduced: [], run: n, groups: rows, size };
  }
  const { kept, reduced, run } = reduction;
  return { kept, reduced, run, groups: itemsOf(kept), size };
}

/** A batch of groups; a column of the state for each. */
export class RunGroups<Data extends Computed> implements Groups {
  readonly width = 1;
  readonly size: number;
  /** Groups of a batch, but for the last. */
  readonly most: number;
  groups = 0;
  first = 0;
  readonly layout: RunLayout;
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

  constructor(layout: RunLayout, kernels: Kernels<Data>, x: Reader<Data>) {
    this.layout = layout;
    this.#kernels = kernels;
    this.#x = x;
    this.#most = Math.min(layout.run, x.limit);
    this.#piecesOfRun = Math.ceil(layout.run / this.#most);
    this.pieces = itemsOf(layout.reduced) * this.#piecesOfRun;
    this.count = this.#most;
    this.size = layout.size;
    this.most = Math.max(1, Math.min(MOST_GROUPS, layout.groups, Math.floor(BATCH_ELEMENTS / layout.size)));
  }

  next(): boolean {
    this.first += this.groups;
    this.groups = Math.min(this.most, this.layout.groups - this.first);
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
    const { kept, reduced, run } = this.layout;
    this.offset = offsetOf(kept, this.first + group);
    if (this.pieces === 1) return;
    const index = Math.floor(piece / this.#piecesOfRun);
    const done = (piece % this.#piecesOfRun) * this.#most;
    this.offset += offsetOf(reduced, index) + done;
    this.count = Math.min(this.#most, run - done);
    this.position = index * run + done;
  }
}
