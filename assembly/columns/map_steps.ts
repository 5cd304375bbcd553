// The map of columns whose gamma and beta belong to steps, as in layer norm of a channels-first tensor:
//
//   y = ((x - centre) * slope + residual) * gamma[step] + beta[step]

import { bytesOf, loadSplat } from "../lanes";

/**
 * `steps` steps, `stride` bytes apart in x and in out; gamma and beta of the first step at their addresses, 0 for none.
 * With `streaming`, steps are written one by one, which changes no bit.
 */
export function mapSteps<T>(
  out: usize,
  x: usize,
  centre: usize,
  slope: usize,
  residual: usize,
  gamma: usize,
  beta: usize,
  steps: i32,
  columns: i32,
  stride: usize,
  streaming: bool,
): void {
  const bytes = bytesOf<T>(columns);
  // Whole vectors, four steps at a time.
  const whole: usize = streaming || gamma == 0 || beta == 0 ? 0 : bytes & ~15;
  while (steps > 0) {
    const count = steps >= 4 && whole > 0 ? 4 : 1;
    const done: usize = count == 4 ? whole : 0;
    if (count == 4) mapQuad<T>(out, x, centre, slope, residual, gamma, beta, whole, stride);
    steps -= count;
    for (let step = 0; step < count; step++) {
      if (done < bytes) {
        mapStep<T>(out + done, x + done, centre + done, slope + done, residual + done, gamma, beta, bytes - done);
      }
      if (gamma) gamma += sizeof<T>();
      if (beta) beta += sizeof<T>();
      out += stride;
      x += stride;
    }
  }
}

/** Four steps of whole vectors. */
// prettier-ignore
function mapQuad<T>(out: usize, x: usize, centre: usize, slope: usize, residual: usize, gamma: usize, beta: usize, bytes: usize, stride: usize): void {
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
    const s = v128.load(slope);
    const r = v128.load(residual);
    map<T>(out, x, c, s, r, g0, b0);
    map<T>(out + stride, x + stride, c, s, r, g1, b1);
    map<T>(out + 2 * stride, x + 2 * stride, c, s, r, g2, b2);
    map<T>(out + 3 * stride, x + 3 * stride, c, s, r, g3, b3);
    out += 16;
    x += 16;
    centre += 16;
    slope += 16;
    residual += 16;
  } while (x != end);
}

/** One step of `bytes` bytes. */
// prettier-ignore
function mapStep<T>(out: usize, x: usize, centre: usize, slope: usize, residual: usize, gamma: usize, beta: usize, bytes: usize): void {
  // Multiplying by 1 and adding -0 change no bit.
  const g = gamma ? load<T>(gamma) : <T>1;
  const b = beta ? load<T>(beta) : <T>-0.0;
  const gs = v128.splat<T>(g);
  const bs = v128.splat<T>(b);
  const end = x + bytes;
  const pairs = x + (bytes & ~31);
  if (x != pairs) {
    do {
      map<T>(out, x, v128.load(centre), v128.load(slope), v128.load(residual), gs, bs);
      map<T>(out + 16, x + 16, v128.load(centre, 16), v128.load(slope, 16), v128.load(residual, 16), gs, bs);
      out += 32;
      x += 32;
      centre += 32;
      slope += 32;
      residual += 32;
    } while (x != pairs);
  }
  while (x != end) {
    store<T>(out, ((load<T>(x) - load<T>(centre)) * load<T>(slope) + load<T>(residual)) * g + b);
    out += sizeof<T>();
    x += sizeof<T>();
    centre += sizeof<T>();
    slope += sizeof<T>();
    residual += sizeof<T>();
  }
}

// prettier-ignore
@inline function map<T>(out: usize, x: usize, centre: v128, slope: v128, residual: v128, gamma: v128, beta: v128): void {
  const y = v128.mul<T>(v128.sub<T>(v128.load(x), centre), slope);
  v128.store(out, v128.add<T>(v128.mul<T>(v128.add<T>(y, residual), gamma), beta));
}
