// Groups of contiguous runs: rows, and strided groups whose pieces are runs.

import type { ChannelMap } from "../../plan.js";
import { type Blocks, startOf } from "../blocks.js";
import type { Computed, Kernels } from "./kernels.js";
import type { State } from "./state.js";
import type { Groups, Target } from "./statistics.js";

/** Elements that are summed before they are mapped, where groups are small: they stay in the nearest cache. */
const BATCH_ELEMENTS = 4096;
const MOST_GROUPS = 64;

/** A batch of groups; a column of the state for each. */
export class RunGroups implements Groups {
  readonly width = 1;
  readonly size: number;
  readonly most: number;
  groups = 0;
  first = 0;
  readonly #layout: Blocks;
  readonly #kernels: Kernels;
  readonly #x: Computed;

  constructor(layout: Blocks, kernels: Kernels, x: Computed) {
    this.#layout = layout;
    this.#kernels = kernels;
    this.#x = x;
    this.size = layout.pieces.length * layout.steps;
    this.most = Math.max(1, Math.min(MOST_GROUPS, layout.blocks, Math.floor(BATCH_ELEMENTS / this.size)));
  }

  next(): boolean {
    this.first += this.groups;
    this.groups = Math.min(this.most, this.#layout.blocks - this.first);
    return this.groups > 0;
  }

  begin(state: State): void {
    for (let group = 0; group < this.groups; group++) {
      if (state.pending[group]) state.shift[group] = this.#x[this.#startOf(group)] * state.scale[group];
    }
  }

  accumulate(state: State): void {
    for (let group = 0; group < this.groups; group++) {
      if (!state.pending[group]) continue;
      const start = this.#startOf(group);
      for (const piece of this.#layout.pieces) this.#addPiece(start + piece, state, group);
    }
  }

  #addPiece(i: number, state: State, group: number): void {
    const { steps } = this.#layout;
    const { addRun, window = steps } = this.#kernels;
    for (let done = 0; done < steps; done += window) {
      addRun(this.#x, i + done, Math.min(window, steps - done), state, group);
    }
  }

  map(state: State, target: Target): void {
    const { blocks, pieces, steps } = this.#layout;
    const { map, out, gamma, beta } = target;
    // A parameter per group is one per channel of groups with one channel.
    const channels = map.kind === "channel" ? map : { channels: 1, span: this.size, period: blocks };
    for (let group = 0; group < this.groups; group++) {
      const start = this.#startOf(group);
      for (let piece = 0; piece < pieces.length; piece++) {
        const [i, position] = [start + pieces[piece], piece * steps];
        if (map.kind === "element") {
          this.#kernels.mapElements(out, this.#x, i, steps, state, group, gamma, beta, position);
        } else this.#mapChannels(channels, i, position, state, group, target);
      }
    }
  }

  /** Maps a piece from `position` of a group on, which may lie in several channels, or in a part of one. */
  #mapChannels(
    { channels, span, period }: Omit<ChannelMap, "kind">,
    i: number,
    position: number,
    state: State,
    group: number,
    { out, gamma, beta }: Target,
  ): void {
    const rstd = state.rstd[group];
    const end = i + this.#layout.steps;
    let channel = ((this.first + group) % period) * channels + Math.floor(position / span);
    let left = span - (position % span);
    for (; i < end; channel++) {
      const count = Math.min(left, end - i);
      const slope = gamma ? rstd * gamma[channel] : rstd;
      this.#kernels.mapRun(out, this.#x, i, count, state, group, slope, beta ? beta[channel] : 0);
      i += count;
      left = span;
    }
  }

  #startOf(group: number): number {
    return startOf(this.#layout, this.first + group);
  }
}
