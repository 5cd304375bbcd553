// The maps of columns: a centre, a scale and a bias for every column, the same for all steps. Maps in which steps have a
// gamma and a beta of their own are in step_maps.ts.
//
//   y = (x - centre) * scale + bias

import { bytesOf, zeros } from "../lanes";

/** Tensors of more bytes than this are written step by step: writing four at a time is slower where memory is the limit. */
export const STREAMING: f64 = 1048576;

/** A tensor of `steps` steps of contiguous columns; out may be x. Centre may be 0: no centre. */
// prettier-ignore
export function affineColumns<T>(out: usize, x: usize, centre: usize, scale: usize, bias: usize, steps: i32, columns: i32): void {
  const stride = bytesOf<T>(columns);
  mapColumns<T>(out, x, centre, scale, bias, steps, columns, stride, <f64>steps * <f64>stride > STREAMING);
}

/**
 * `steps` steps, `stride` bytes apart in x and in out; out may be x. With `streaming`,
 * steps are written one by one, which changes no bit. Centre may be 0: no centre.
 */
export function mapColumns<T>(
  out: usize,
  x: usize,
  centre: usize,
  scale: usize,
  bias: usize,
  steps: i32,
  columns: i32,
  stride: usize,
  streaming: bool,
): void {
  const bytes = bytesOf<T>(columns);
  // Pairs of vectors, four steps at a time.
  const paired: usize = centre == 0 || streaming ? 0 : bytes & ~31;
  for (; steps >= 4; steps -= 4) {
    if (paired > 0) mapQuad<T>(out, x, centre, scale, bias, paired, stride);
    if (paired < bytes) {
      for (let step = 0; step < 4; step++) {
        const at = <usize>step * stride + paired;
        mapStep<T>(out + at, x + at, centre + paired, scale + paired, bias + paired, bytes - paired);
      }
    }
    out += 4 * stride;
    x += 4 * stride;
  }
  for (; steps > 0; steps--) {
    mapStep<T>(out, x, centre, scale, bias, bytes);
    out += stride;
    x += stride;
  }
}

// prettier-ignore
@inline function map<T>(out: usize, x: usize, centre: v128, scale: v128, bias: v128): void {
  v128.store(out, v128.add<T>(v128.mul<T>(v128.sub<T>(v128.load(x), centre), scale), bias));
}

/** Four steps of whole pairs of vectors. */
// prettier-ignore
function mapQuad<T>(out: usize, x: usize, centre: usize, scale: usize, bias: usize, bytes: usize, stride: usize): void {
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

/** One step of `bytes` bytes. */
// prettier-ignore
function mapStep<T>(out: usize, x: usize, centre: usize, scale: usize, bias: usize, bytes: usize): void {
  const lines = bytes & ~63;
  if (lines > 0) {
    if (centre == 0) mapLines<T>(out, x, centre, scale, bias, lines, false);
    else mapLines<T>(out, x, centre, scale, bias, lines, true);
  }
  if (lines < bytes) mapRest<T>(out, x, centre, scale, bias, lines, bytes);
}

/** Whole lines of 64 bytes of one step. */
// prettier-ignore
@inline function mapLines<T>(out: usize, x: usize, centre: usize, scale: usize, bias: usize, bytes: usize, centred: bool): void {
  const end = x + bytes;
  do {
    mapOwn<T>(out, x, centre, scale, bias, centred);
    mapOwn<T>(out + 16, x + 16, centre + 16, scale + 16, bias + 16, centred);
    mapOwn<T>(out + 32, x + 32, centre + 32, scale + 32, bias + 32, centred);
    mapOwn<T>(out + 48, x + 48, centre + 48, scale + 48, bias + 48, centred);
    out += 64;
    x += 64;
    if (centred) centre += 64;
    scale += 64;
    bias += 64;
  } while (x != end);
}

// prettier-ignore
@inline function mapOwn<T>(out: usize, x: usize, centre: usize, scale: usize, bias: usize, centred: bool): void {
  const value = v128.load(x);
  const centredValue = centred ? v128.sub<T>(value, v128.load(centre)) : value;
  v128.store(out, v128.add<T>(v128.mul<T>(centredValue, v128.load(scale)), v128.load(bias)));
}

/** What is left of a step behind its last line. */
// prettier-ignore
function mapRest<T>(out: usize, x: usize, centre: usize, scale: usize, bias: usize, from: usize, end: usize): void {
  let at = from;
  for (; at + 16 <= end; at += 16) {
    const c = centre ? v128.load(centre + at) : zeros();
    map<T>(out + at, x + at, c, v128.load(scale + at), v128.load(bias + at));
  }
  for (; at < end; at += sizeof<T>()) {
    const c = centre ? load<T>(centre + at) : <T>0;
    store<T>(out + at, (load<T>(x + at) - c) * load<T>(scale + at) + load<T>(bias + at));
  }
}
