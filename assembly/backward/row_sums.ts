// The first half of a row's gradient, and with it what the row adds to the gradients of gamma and beta, which take the same
// products. A row may come in pieces: all but the last are whole blocks.

import { bytesOf, zeros } from "../lanes";
import { addToBlock, BIAS, GROUP_BYTES, PITCH, WEIGHT } from "./parameters";
import { add, normalised, only, scaledDeviation, SUMS_BYTES, tiny } from "./sums";

/** Elements that are summed in T before they go to wider accumulators. */
const BLOCK: i32 = 128;

/** What is wanted of rows. */
export const WANTS_INPUT: i32 = 1;
export const WANTS_PARAMETERS: i32 = 2;
/** No mean is subtracted, and there are none: RMS norm. */
export const UNCENTRED: i32 = 4;

/** From one group to the next: gamma stands alone where there are no terms beside it. */
// prettier-ignore
@inline export function pitchOf(flags: i32): usize { return flags & WANTS_PARAMETERS ? PITCH : GROUP_BYTES; }

/**
 * Takes the next `count` elements of rows `stride` bytes apart. Of each it adds up h, and, where the gradient of x is wanted, g
 * and g * h; terms of parameters go to `groups` (parameters.ts), which without them are gamma alone.
 */
export function gatherRows<T>(
  sums: usize,
  dy: usize,
  x: usize,
  stride: usize,
  groups: usize,
  count: i32,
  mean: usize,
  rstd: usize,
  rows: i32,
  flags: i32,
): void {
  const wanted = flags & (WANTS_INPUT | WANTS_PARAMETERS);
  const whole = bytesOf<T>(count) & ~(GROUP_BYTES - 1);
  const left = bytesOf<T>(count) - whole;
  const lastGroup = groups + (whole / GROUP_BYTES) * pitchOf(flags);
  for (; rows > 0; rows--) {
    const m: T = flags & UNCENTRED ? <T>0 : load<T>(mean);
    const r = load<T>(rstd);
    if (r < tiny<T>()) gatherElements<T>(sums, dy, x, groups, bytesOf<T>(count), m, r, flags);
    else {
      if (wanted == (WANTS_INPUT | WANTS_PARAMETERS)) gatherGroups<T>(sums, dy, x, groups, whole, m, r, true, true);
      else if (wanted == WANTS_INPUT) gatherGroups<T>(sums, dy, x, groups, whole, m, r, true, false);
      else gatherGroups<T>(sums, dy, x, groups, whole, m, r, false, true);
      if (left > 0) gatherElements<T>(sums, dy + whole, x + whole, lastGroup, left, m, r, flags);
    }
    sums += SUMS_BYTES;
    dy += stride;
    x += stride;
    mean += sizeof<T>();
    rstd += sizeof<T>();
  }
}


@inline
function gatherGroups<T>(
  sums: usize,
  dy: usize,
  x: usize,
  groups: usize,
  bytes: usize,
  mean: T,
  rstd: T,
  wantsSums: bool,
  wantsTerms: bool,
): void {
  const m = v128.splat<T>(mean);
  const r = v128.splat<T>(rstd);
  const end = x + bytes;
  while (x != end) {
    const blockEnd = x + min(bytesOf<T>(BLOCK), end - x);
    let g = zeros();
    let gh = zeros();
    let h = zeros();
    do {
      const h0 = normalised<T>(v128.load(x), m, r);
      const h1 = normalised<T>(v128.load(x + 16), m, r);
      const dy0 = v128.load(dy);
      const dy1 = v128.load(dy + 16);
      h = v128.add<T>(h, v128.add<T>(h0, h1));
      if (wantsSums) {
        const g0 = v128.mul<T>(dy0, v128.load(groups));
        const g1 = v128.mul<T>(dy1, v128.load(groups + 16));
        g = v128.add<T>(g, v128.add<T>(g0, g1));
        gh = v128.add<T>(gh, v128.add<T>(v128.mul<T>(g0, h0), v128.mul<T>(g1, h1)));
      }
      if (wantsTerms) {
        addToBlock<T>(groups + WEIGHT, v128.mul<T>(dy0, h0), v128.mul<T>(dy1, h1));
        addToBlock<T>(groups + BIAS, dy0, dy1);
      }
      x += GROUP_BYTES;
      dy += GROUP_BYTES;
      groups += wantsTerms ? PITCH : GROUP_BYTES;
    } while (x != blockEnd);
    add<T>(sums, g, gh, h);
  }
}

/** Element by element, each group a block: the last ones of a row, or all of one with deviations that T cannot hold. */
function gatherElements<T>(
  sums: usize,
  dy: usize,
  x: usize,
  groups: usize,
  bytes: usize,
  mean: T,
  rstd: T,
  flags: i32,
): void {
  const pitch = pitchOf(flags);
  for (const end = x + bytes; x != end; groups += pitch) {
    let g: T = 0;
    let gh: T = 0;
    let h: T = 0;
    const groupEnd = min(end, x + GROUP_BYTES);
    for (let at = groups; x != groupEnd; at += sizeof<T>()) {
      const h0 = rstd < tiny<T>() ? scaledDeviation<T>(load<T>(x), mean, rstd) : <T>((load<T>(x) - mean) * rstd);
      const dy0 = load<T>(dy);
      h = <T>(h + h0);
      if (flags & WANTS_INPUT) {
        const g0 = <T>(dy0 * load<T>(at));
        g = <T>(g + g0);
        gh = <T>(gh + <T>(g0 * h0));
      }
      if (flags & WANTS_PARAMETERS) {
        store<T>(at, <T>(load<T>(at, WEIGHT) + <T>(dy0 * h0)), WEIGHT);
        store<T>(at, <T>(load<T>(at, BIAS) + dy0), BIAS);
      }
      x += sizeof<T>();
      dy += sizeof<T>();
    }
    add<T>(sums, only<T>(g), only<T>(gh), only<T>(h));
  }
}
