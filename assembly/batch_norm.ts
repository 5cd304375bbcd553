// Batch norm, channels first: a group is a channel of all samples, one run of each. One gamma and beta per group.
//
// Every run ends its chunk, so that the sums of a group are those of its runs whatever lies between them.

import { mapGlobal } from "./affine";
import { finish, RESCALE, SETTLED } from "./finish";
import { biasOf, scaleOf } from "./group_norm";
import { bytesOf } from "./lanes";
import { accumulate } from "./moments";
import { largestMagnitude } from "./range";
import { beginRow, prescaled, storeStatistics } from "./rows";
import { CENTRE, closeChunk, rescale } from "./state";

/** `groups` groups of `runs` runs of `span` elements; run r of group g begins at element r * groups * span + g * span. */
export function batchNorm<T>(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  rstd: usize,
  groups: i32,
  runs: i32,
  span: i32,
  eps: f64,
  state: usize,
  flags: i32,
): void {
  const step = bytesOf<T>(groups) * <usize>span;
  for (let group = 0; group < groups; group++) {
    beginRow<T>(state, x, span, flags);
    settleRuns<T>(state, x, runs, step, span, eps);
    storeStatistics<T>(state, mean, rstd, group, flags);
    const at = bytesOf<T>(group);
    mapRuns<T>(
      out,
      x,
      runs,
      step,
      span,
      state,
      scaleOf<T>(state, gamma + at, flags),
      biasOf<T>(state, gamma + at, beta + at, flags),
    );
    x += bytesOf<T>(span);
    out += bytesOf<T>(span);
  }
}

/** Sums the runs of a group that has begun, for as long as finish asks for it. */
function settleRuns<T>(state: usize, x: usize, runs: i32, step: usize, span: i32, eps: f64): void {
  const n = <f64>runs * <f64>span;
  for (;;) {
    let at = x;
    for (let run = 0; run < runs; run++) {
      accumulate<T>(state, at, span);
      closeChunk<T>(state);
      at += step;
    }
    const verdict = finish<T>(state, n, eps);
    if (verdict == SETTLED) return;
    if (verdict == RESCALE) rescale<T>(state, largestOfRuns<T>(x, runs, step, span));
  }
}

function largestOfRuns<T>(x: usize, runs: i32, step: usize, span: i32): T {
  let largest: T = 0;
  for (let run = 0; run < runs; run++) {
    largest = max<T>(largest, largestMagnitude<T>(x, span));
    x += step;
  }
  return largest;
}

// prettier-ignore
function mapRuns<T>(out: usize, x: usize, runs: i32, step: usize, span: i32, state: usize, scale: T, bias: T): void {
  const centre = load<T>(state, CENTRE);
  for (let run = 0; run < runs; run++) {
    mapGlobal<T>(out, prescaled<T>(state, out, x, span), span, centre, scale, bias);
    x += step;
    out += step;
  }
}
