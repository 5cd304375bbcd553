// The maps of columns, with a centre, a scale and a bias for every column, the same for all steps:
//
//   y = (x - centre) * scale + bias
//
// and as in layer norm of a channels-first tensor with a gamma and a beta for every step besides:
//
//   y = ((x - centre) * scale + bias) * gamma[step] + beta[step]
//
// Out may be x. Steps are `stride` bytes apart in both. Four steps at a time load the coefficients once for all; but where
// memory is the limit (`streaming`) it is faster to write one after the other. No bit depends on that.

import { bytesOf, loadSplat, zeros } from "../lanes";

/** Whether `steps` steps of so many bytes are too many for the caches. */
export function streams(steps: f64, bytes: usize): bool {
  return steps * <f64>bytes > 1048576;
}

/** A tensor of `steps` steps of contiguous columns. Centre may be 0: no centre. */
// prettier-ignore
export function affineColumns<T>(out: usize, x: usize, centre: usize, scale: usize, bias: usize, steps: i32, columns: i32): void {
  const stride = bytesOf<T>(columns);
  mapColumns<T>(out, x, centre, scale, bias, steps, columns, stride, streams(steps, stride));
}

/** The first of the maps. Centre may be 0. */
// prettier-ignore
export function mapColumns<T>(out: usize, x: usize, centre: usize, scale: usize, bias: usize, steps: i32, columns: i32, stride: usize, streaming: bool): void {
  const bytes = bytesOf<T>(columns);
  // Pairs of vectors go four steps at a time, or lines of four vectors step by step.
  const paired: usize = centre ? bytes & (streaming ? ~63 : ~31) : 0;
  for (let left = steps; left > 0; left--) {
    const done: usize = streaming || left > (steps & 3) ? paired : 0;
    if (done > 0) {
      if (streaming) mapLines<T>(out, x, centre, scale, bias, done);
      else if (((steps - left) & 3) == 0) mapQuad<T>(out, x, centre, scale, bias, done, stride);
    }
    // Multiplying by 1 and adding -0 change no bit.
    const c = centre ? centre + done : 0;
    if (done < bytes) mapStep<T>(out + done, x + done, c, scale + done, bias + done, 1, -0.0, bytes - done);
    out += stride;
    x += stride;
  }
}

/** One step of whole lines. */
// prettier-ignore
@inline function mapLines<T>(out: usize, x: usize, centre: usize, scale: usize, bias: usize, bytes: usize): void {
  const end = x + bytes;
  do {
    map<T>(out, x, v128.load(centre), v128.load(scale), v128.load(bias));
    map<T>(out + 16, x + 16, v128.load(centre, 16), v128.load(scale, 16), v128.load(bias, 16));
    map<T>(out + 32, x + 32, v128.load(centre, 32), v128.load(scale, 32), v128.load(bias, 32));
    map<T>(out + 48, x + 48, v128.load(centre, 48), v128.load(scale, 48), v128.load(bias, 48));
    out += 64;
    x += 64;
    centre += 64;
    scale += 64;
    bias += 64;
  } while (x != end);
}

/** Four steps of whole pairs of vectors. */
// prettier-ignore
@inline function mapQuad<T>(out: usize, x: usize, centre: usize, scale: usize, bias: usize, bytes: usize, stride: usize): void {
  const end = x + bytes;
  do {
    const c0 = v128.load(centre);
    const s0 = v128.load(scale);
    const b0 = v128.load(bias);
    const c1 = v128.load(centre, 16);
    const s1 = v128.load(scale, 16);
    const b1 = v128.load(bias, 16);
    map<T>(out, x, c0, s0, b0);
    map<T>(out + 16, x + 16, c1, s1, b1);
    map<T>(out + stride, x + stride, c0, s0, b0);
    map<T>(out + stride + 16, x + stride + 16, c1, s1, b1);
    map<T>(out + 2 * stride, x + 2 * stride, c0, s0, b0);
    map<T>(out + 2 * stride + 16, x + 2 * stride + 16, c1, s1, b1);
    map<T>(out + 3 * stride, x + 3 * stride, c0, s0, b0);
    map<T>(out + 3 * stride + 16, x + 3 * stride + 16, c1, s1, b1);
    out += 32;
    x += 32;
    centre += 32;
    scale += 32;
    bias += 32;
  } while (x != end);
}

// prettier-ignore
@inline function map<T>(out: usize, x: usize, centre: v128, scale: v128, bias: v128): void {
  v128.store(out, v128.add<T>(v128.mul<T>(v128.sub<T>(v128.load(x), centre), scale), bias));
}

/** The second of the maps; gamma and beta of the first step at their addresses, 0 for none. */
// prettier-ignore
export function mapSteps<T>(out: usize, x: usize, centre: usize, scale: usize, bias: usize, gamma: usize, beta: usize, steps: i32, columns: i32, stride: usize, streaming: bool): void {
  const bytes = bytesOf<T>(columns);
  const gammaBytes: usize = gamma ? sizeof<T>() : 0;
  const betaBytes: usize = beta ? sizeof<T>() : 0;
  // Whole vectors go four steps at a time.
  const whole: usize = streaming || gamma == 0 || beta == 0 ? 0 : bytes & ~15;
  for (let left = steps; left > 0; left--) {
    const inQuad = left > (steps & 3);
    const done = inQuad ? whole : 0;
    if (done > 0 && ((steps - left) & 3) == 0) {
      mapStepsQuad<T>(out, x, centre, scale, bias, gamma, beta, whole, stride);
    }
    if (done < bytes) {
      const g = gamma ? load<T>(gamma) : <T>1;
      const b = beta ? load<T>(beta) : <T>-0.0;
      mapStep<T>(out + done, x + done, centre + done, scale + done, bias + done, g, b, bytes - done);
    }
    gamma += gammaBytes;
    beta += betaBytes;
    out += stride;
    x += stride;
  }
}

/** Four steps of whole vectors. */
// prettier-ignore
@inline function mapStepsQuad<T>(out: usize, x: usize, centre: usize, scale: usize, bias: usize, gamma: usize, beta: usize, bytes: usize, stride: usize): void {
  const g0 = loadSplat<T>(gamma);
  const g1 = loadSplat<T>(gamma + sizeof<T>());
  const g2 = loadSplat<T>(gamma + 2 * sizeof<T>());
  const g3 = loadSplat<T>(gamma + 3 * sizeof<T>());
  const b0 = loadSplat<T>(beta);
  const b1 = loadSplat<T>(beta + sizeof<T>());
  const b2 = loadSplat<T>(beta + 2 * sizeof<T>());
  const b3 = loadSplat<T>(beta + 3 * sizeof<T>());
  const end = x + bytes;
  do {
    const c = v128.load(centre);
    const s = v128.load(scale);
    const b = v128.load(bias);
    mapAgain<T>(out, x, c, s, b, g0, b0);
    mapAgain<T>(out + stride, x + stride, c, s, b, g1, b1);
    mapAgain<T>(out + 2 * stride, x + 2 * stride, c, s, b, g2, b2);
    mapAgain<T>(out + 3 * stride, x + 3 * stride, c, s, b, g3, b3);
    out += 16;
    x += 16;
    centre += 16;
    scale += 16;
    bias += 16;
  } while (x != end);
}

// prettier-ignore
@inline function mapAgain<T>(out: usize, x: usize, centre: v128, scale: v128, bias: v128, gamma: v128, beta: v128): void {
  const y = v128.add<T>(v128.mul<T>(v128.sub<T>(v128.load(x), centre), scale), bias);
  v128.store(out, v128.add<T>(v128.mul<T>(y, gamma), beta));
}

/** One step of `bytes` bytes. Centre may be 0. */
// prettier-ignore
function mapStep<T>(out: usize, x: usize, centre: usize, scale: usize, bias: usize, gamma: T, beta: T, bytes: usize): void {
  const g = v128.splat<T>(gamma);
  const b = v128.splat<T>(beta);
  const end = x + bytes;
  const pairs = centre ? x + (bytes & ~31) : x;
  if (x != pairs) {
    do {
      mapAgain<T>(out, x, v128.load(centre), v128.load(scale), v128.load(bias), g, b);
      mapAgain<T>(out + 16, x + 16, v128.load(centre, 16), v128.load(scale, 16), v128.load(bias, 16), g, b);
      out += 32;
      x += 32;
      centre += 32;
      scale += 32;
      bias += 32;
    } while (x != pairs);
  }
  for (; end - x >= 16; x += 16) {
    mapAgain<T>(out, x, centre ? v128.load(centre) : zeros(), v128.load(scale), v128.load(bias), g, b);
    out += 16;
    if (centre) centre += 16;
    scale += 16;
    bias += 16;
  }
  for (; x != end; x += sizeof<T>()) {
    const c = centre ? load<T>(centre) : <T>0;
    store<T>(out, ((load<T>(x) - c) * load<T>(scale) + load<T>(bias)) * gamma + beta);
    out += sizeof<T>();
    if (centre) centre += sizeof<T>();
    scale += sizeof<T>();
    bias += sizeof<T>();
  }
}
