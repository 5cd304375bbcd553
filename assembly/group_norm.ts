// Group norm, channels first: rows that share statistics, one gamma and beta per channel, a run of `span` elements.
//
// The map of group r and the sums of group r + 1 alternate in pieces that stay in the first cache, so that memory is
// read and written at a steady pace.

import { HAS_BETA, HAS_GAMMA, mapGlobal } from "./affine";
import { SHIFT } from "./lanes";
import { accumulate, begin, BLOCK, CENTRE, firstShift, MEAN, RSTD, slopeOf, STATE_BYTES } from "./moments";
import { momentsOfRow, prescaled, settle, storeStatistics, WANTS_STATISTICS } from "./rows";

/** Elements per turn of map and sums. */
const PIECE: i32 = 1024;

/**
 * `rows` groups of `channels` runs of `span` elements. The channels of row r have the parameters of index
 * (r % period) * channels and up.
 */
export function groupNorm(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  rstd: usize,
  rows: i32,
  channels: i32,
  span: i32,
  period: i32,
  eps: f64,
  scratch: usize,
  flags: i32,
): void {
  const n = channels * span;
  const inverse = 1 / <f64>n;
  const stride = (<usize>n) << SHIFT;
  let current = scratch;
  let next = scratch + STATE_BYTES;
  let group = 0;
  momentsOfRow(current, x, n, inverse, eps);
  for (let r = 0; r < rows; r++) {
    const following = r + 1 < rows ? x + stride : 0;
    if (flags & WANTS_STATISTICS) storeStatistics(current, mean, rstd, r);
    if (following) begin(next, firstShift(following, n), 1, 0);
    const parameters = (<usize>(group * channels)) << SHIFT;
    const source = prescaled(current, out, x, n);
    mapGroup(out, source, following, gamma + parameters, beta + parameters, channels, span, current, next, flags);
    if (following) settle(next, following, n, inverse, eps);
    const free = current;
    current = next;
    next = free;
    x += stride;
    out += stride;
    if (++group == period) group = 0;
  }
}

/** Maps one group while summing the group at `following` (0: there is none). */
function mapGroup(
  out: usize,
  x: usize,
  following: usize,
  gamma: usize,
  beta: usize,
  channels: i32,
  span: i32,
  current: usize,
  next: usize,
  flags: i32,
): void {
  const n = channels * span;
  let mapped = 0;
  let summed = following ? 0 : n;
  for (let channel = 0; channel < channels; channel++) {
    const scale = scaleOf(current, gamma, flags);
    const bias = biasOf(current, gamma, beta, flags);
    for (let left = span; left > 0;) {
      const piece = min(left, PIECE);
      if (summed < min(n, mapped + piece)) {
        const part = min(n, (mapped + piece + BLOCK - 1) & ~(BLOCK - 1)) - summed;
        accumulate(next, following + ((<usize>summed) << SHIFT), part);
        summed += part;
      }
      mapGlobal(out, x, piece, f32.load(current, CENTRE), scale, bias);
      const bytes = (<usize>piece) << SHIFT;
      x += bytes;
      out += bytes;
      mapped += piece;
      left -= piece;
    }
    gamma += 1 << SHIFT;
    beta += 1 << SHIFT;
  }
}

/** rstd * gamma. */
function scaleOf(state: usize, gamma: usize, flags: i32): f32 {
  const rstd = slopeOf(f64.load(state, RSTD));
  return <f32>(flags & HAS_GAMMA ? rstd * <f64>f32.load(gamma) : rstd);
}

/** beta, and what rounding the mean to the centre left over. */
function biasOf(state: usize, gamma: usize, beta: usize, flags: i32): f32 {
  let bias = (<f64>f32.load(state, CENTRE) - f64.load(state, MEAN)) * f64.load(state, RSTD);
  if (flags & HAS_GAMMA) bias *= <f64>f32.load(gamma);
  if (flags & HAS_BETA) bias += <f64>f32.load(beta);
  return <f32>bias;
}

/** The map of `count` elements of one channel, with the statistics in `state`; gamma and beta are the channel's. */
// prettier-ignore
export function mapRun(out: usize, x: usize, gamma: usize, beta: usize, count: i32, state: usize, flags: i32): void {
  const centre = f32.load(state, CENTRE);
  mapGlobal(out, x, count, centre, scaleOf(state, gamma, flags), biasOf(state, gamma, beta, flags));
}
