// Group norm, channels first: rows that share statistics, one gamma and beta per channel, a run of `span` elements.
//
// The map of group r and the sums of group r + 1 alternate in pieces that stay in the first cache, so that memory is
// read and written at a steady pace.

import { globalOf, HAS_BETA, HAS_GAMMA, mapGlobal } from "./affine";
import { slopeOf } from "./finish";
import { bytesOf } from "./lanes";
import { accumulate } from "./moments";
import { beginRow, momentsOfRow, prescaled, settle, storeStatistics } from "./rows";
import { CENTRE, LOW, MEAN, RSTD, STATE_BYTES } from "./state";

/** Elements per turn of map and sums: 4 KiB, whole blocks. */
// prettier-ignore
@inline function pieceOf<T>(): i32 { return 4096 >>> <i32>alignof<T>(); }

/** Shorter runs take more than their elements do if each is given a turn. */
const SHORT_SPAN: i32 = 16;

/**
 * `rows` groups of `channels` runs of `span` elements. The channels of row r have the parameters of index
 * (r % period) * channels and up.
 */
export function groupNorm<T>(
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
  const stride = bytesOf<T>(n);
  let current = scratch;
  let next = scratch + STATE_BYTES;
  let group = 0;
  momentsOfRow<T>(current, x, n, eps, flags);
  for (let r = 0; r < rows; r++) {
    const following = r + 1 < rows ? x + stride : 0;
    storeStatistics<T>(current, mean, rstd, r, flags);
    if (following) beginRow<T>(next, following, n, flags);
    const parameters = bytesOf<T>(group * channels);
    const source = prescaled<T>(current, out, x, n);
    if (span < SHORT_SPAN) {
      if (following) accumulate<T>(next, following, n);
      mapShortRuns<T>(out, source, gamma + parameters, beta + parameters, channels, span, current, flags);
    } else
      mapGroup<T>(out, source, following, gamma + parameters, beta + parameters, channels, span, current, next, flags);
    if (following) settle<T>(next, following, n, eps);
    const free = current;
    current = next;
    next = free;
    x += stride;
    out += stride;
    if (++group == period) group = 0;
  }
}

/** Maps one group while summing the group at `following` (0: there is none). */
@inline
function mapGroup<T>(
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
    const scale = scaleOf<T>(current, gamma, flags);
    const bias = biasOf<T>(current, gamma, beta, flags);
    for (let left = span; left > 0;) {
      const piece = min(left, pieceOf<T>());
      if (summed < min(n, mapped + piece)) {
        const part = min(n, (mapped + piece + pieceOf<T>() - 1) & ~(pieceOf<T>() - 1)) - summed;
        accumulate<T>(next, following + bytesOf<T>(summed), part);
        summed += part;
      }
      mapGlobal<T>(out, x, piece, load<T>(current, CENTRE), scale, bias);
      const bytes = bytesOf<T>(piece);
      x += bytes;
      out += bytes;
      mapped += piece;
      left -= piece;
    }
    gamma += sizeof<T>();
    beta += sizeof<T>();
  }
}

/** Maps a group of short runs; those of one float32, as tensors without places have, by twos. */
function mapShortRuns<T>(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  channels: i32,
  span: i32,
  state: usize,
  flags: i32,
): void {
  const centre = load<T>(state, CENTRE);
  if (sizeof<T>() == 4 && span == 1) {
    for (; channels > 1; channels -= 2) {
      mapTwo(out, x, gamma, beta, <f32>centre, state, flags);
      out += 8;
      x += 8;
      gamma += 8;
      beta += 8;
    }
  }
  for (; channels > 0; channels--) {
    const scale = scaleOf<T>(state, gamma, flags);
    const bias = biasOf<T>(state, gamma, beta, flags);
    for (let left = span; left > 0; left--) {
      store<T>(out, <T>((load<T>(x) - centre) * scale + bias));
      x += sizeof<T>();
      out += sizeof<T>();
    }
    gamma += sizeof<T>();
    beta += sizeof<T>();
  }
}

/** The float32 elements of two channels, with the bits of scaleOf and biasOf. */
@inline
function mapTwo(out: usize, x: usize, gamma: usize, beta: usize, centre: f32, state: usize, flags: i32): void {
  let scale = f64x2.splat(slopeOf<f32>(f64.load(state, RSTD)));
  let bias = f64x2.splat((<f64>centre - f64.load(state, MEAN)) * f64.load(state, RSTD));
  if (flags & HAS_GAMMA) {
    const g = f64x2.promote_low_f32x4(v128.load64_zero(gamma));
    scale = f64x2.mul(scale, g);
    bias = f64x2.mul(bias, g);
  }
  if (flags & HAS_BETA) bias = f64x2.add(bias, f64x2.promote_low_f32x4(v128.load64_zero(beta)));
  v128.store64_lane(
    out,
    globalOf<f32>(
      v128.load64_zero(x),
      f32x4.splat(centre),
      f32x4.demote_f64x2_zero(scale),
      f32x4.demote_f64x2_zero(bias),
    ),
    0,
  );
}

/** rstd * gamma. */
@inline
export function scaleOf<T>(state: usize, gamma: usize, flags: i32): T {
  const rstd = slopeOf<T>(f64.load(state, RSTD));
  return <T>(flags & HAS_GAMMA ? rstd * <f64>load<T>(gamma) : rstd);
}

/** beta, and what rounding the mean to the centre left over. */
@inline
export function biasOf<T>(state: usize, gamma: usize, beta: usize, flags: i32): T {
  const rounding =
    sizeof<T>() == 8 ? -f64.load(state, MEAN + LOW) : <f64>load<T>(state, CENTRE) - f64.load(state, MEAN);
  let bias = rounding * f64.load(state, RSTD);
  if (flags & HAS_GAMMA) bias *= <f64>load<T>(gamma);
  if (flags & HAS_BETA) bias += <f64>load<T>(beta);
  return <T>bias;
}

/** The map of `count` elements of one channel, with the statistics in `state`; gamma and beta are the channel's. */
// prettier-ignore
export function mapRun<T>(out: usize, x: usize, gamma: usize, beta: usize, count: i32, state: usize, flags: i32): void {
  const centre = load<T>(state, CENTRE);
  mapGlobal<T>(out, x, count, centre, scaleOf<T>(state, gamma, flags), biasOf<T>(state, gamma, beta, flags));
}
