// The map of a batch of groups whose statistics are known.

import type { AffineMap, ChannelMap, ElementMap } from "../../plan.js";
import type { ColumnGroups } from "./columns.js";
import type { Reader, Writer } from "./elements.js";
import type { Computed, Kernels } from "./kernels.js";
import type { RunGroups } from "./runs.js";
import type { State } from "./state.js";

/** Where a map writes, and with which parameters. */
export interface Target<Data extends Computed> {
  readonly map: AffineMap;
  readonly out: Writer<Data>;
  readonly gamma: Data | undefined;
  readonly beta: Data | undefined;
}

export function mapRuns<Data extends Computed>(
  groups: RunGroups<Data>,
  kernels: Kernels<Data>,
  x: Reader<Data>,
  state: State,
  target: Target<Data>,
): void {
  const { out } = target;
  const channels = target.map.kind === "group" ? oneChannel(groups) : target.map;
  const { first } = groups;
  for (let group = 0; group < groups.groups; group++) {
    for (let piece = 0; piece < groups.pieces; piece++) {
      groups.seek(group, piece);
      const { offset, count, position } = groups;
      const i = x.at(offset, count);
      mapPiece(kernels, channels, target, out.at(offset, count), x.data, i, count, state, group, first, position);
    }
  }
}

function mapPiece<Data extends Computed>(
  kernels: Kernels<Data>,
  channels: ElementMap | ChannelMap,
  { out, gamma, beta }: Target<Data>,
  o: number,
  x: Data,
  i: number,
  n: number,
  state: State,
  group: number,
  first: number,
  position: number,
): void {
  if (channels.kind === "element") kernels.mapElements(out.data, o, x, i, n, state, group, gamma, beta, position);
  else mapChannels(kernels, channels, out.data, o, x, i, n, state, group, first + group, position, gamma, beta);
}

/** A parameter per group. */
function oneChannel<Data extends Computed>({ layout, size }: RunGroups<Data>): ChannelMap {
  return { kind: "channel", channels: 1, span: size, period: layout.blocks };
}

/** Maps n elements of a row from `position` on, which may lie in several channels, or in a part of one. */
function mapChannels<Data extends Computed>(
  kernels: Kernels<Data>,
  { channels, span, period }: ChannelMap,
  out: Data,
  o: number,
  x: Data,
  i: number,
  n: number,
  state: State,
  group: number,
  row: number,
  position: number,
  gamma: Data | undefined,
  beta: Data | undefined,
): void {
  const rstd = state.rstd[group];
  let channel = (row % period) * channels + Math.floor(position / span);
  let left = span - (position % span);
  for (let done = 0; done < n; channel++) {
    const count = Math.min(left, n - done);
    const slope = gamma ? rstd * gamma[channel] : rstd;
    kernels.mapRun(out, o + done, x, i + done, count, state, group, slope, beta ? beta[channel] : 0);
    done += count;
    left = span;
  }
}

export function mapColumns<Data extends Computed>(
  groups: ColumnGroups<Data>,
  kernels: Kernels<Data>,
  x: Reader<Data>,
  state: State,
  { map, out, gamma, beta }: Target<Data>,
): void {
  const perStep = map.kind === "element";
  spread(groups, state, perStep ? undefined : gamma, perStep ? undefined : beta, perStep ? -0 : 0);
  const { columns } = groups;
  const stride = groups.layout.columns;
  groups.visit((offset, steps, step) => {
    const [i, o] = [groups.at(offset, steps), out.at(offset, steps * columns)];
    if (perStep) kernels.mapColumns(out.data, o, x.data, i, steps, stride, columns, state, gamma, beta, step);
    else kernels.mapColumns(out.data, o, x.data, i, steps, stride, columns, state, undefined, undefined, 0);
  });
}

/** Puts statistics of groups, and parameters of columns, where the map wants them. */
function spread<Data extends Computed>(
  groups: ColumnGroups<Data>,
  state: State,
  gamma: Data | undefined,
  beta: Data | undefined,
  noBias: number,
): void {
  const { width, columns } = groups;
  for (let column = 0; column < columns; column++) {
    const group = width === 1 ? column : Math.floor(column / width);
    const parameter = groups.firstColumn + column;
    state.centre[column] = state.mean[group];
    state.centreLow[column] = state.meanLow[group];
    state.slope[column] = gamma ? state.rstd[group] * gamma[parameter] : state.rstd[group];
    state.bias[column] = beta ? beta[parameter] : noBias;
  }
}
