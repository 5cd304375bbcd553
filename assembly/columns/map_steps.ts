// The map of columns whose gamma and beta belong to steps, as in layer norm of a channels-first tensor:
//
//   y = ((x - centre) * slope + residual) * gamma[step] + beta[step]

import { bytesOf } from "../lanes";

/** `steps` steps, `stride` bytes apart; gamma and beta of the first step at their addresses, 0 for none. */
// prettier-ignore
export function mapSteps<T>(out: usize, x: usize, centre: usize, slope: usize, residual: usize, gamma: usize, beta: usize, steps: i32, columns: i32, stride: usize): void {
  const bytes = bytesOf<T>(columns);
  for (; steps > 0; steps--) {
    // Multiplying by 1 and adding -0 change no bit.
    const g: T = gamma ? load<T>(gamma) : <T>1;
    const b: T = beta ? load<T>(beta) : <T>-0.0;
    mapStep<T>(out, x, centre, slope, residual, g, b, bytes);
    if (gamma) gamma += sizeof<T>();
    if (beta) beta += sizeof<T>();
    out += stride;
    x += stride;
  }
}

// prettier-ignore
function mapStep<T>(out: usize, x: usize, centre: usize, slope: usize, residual: usize, gamma: T, beta: T, bytes: usize): void {
  const g = v128.splat<T>(gamma);
  const b = v128.splat<T>(beta);
  const end = x + bytes;
  const pairs = x + (bytes & ~31);
  if (x != pairs) {
    do {
      map<T>(out, x, centre, slope, residual, g, b);
      map<T>(out + 16, x + 16, centre + 16, slope + 16, residual + 16, g, b);
      out += 32;
      x += 32;
      centre += 32;
      slope += 32;
      residual += 32;
    } while (x != pairs);
  }
  while (x != end) {
    store<T>(out, ((load<T>(x) - load<T>(centre)) * load<T>(slope) + load<T>(residual)) * gamma + beta);
    out += sizeof<T>();
    x += sizeof<T>();
    centre += sizeof<T>();
    slope += sizeof<T>();
    residual += sizeof<T>();
  }
}

// prettier-ignore
@inline function map<T>(out: usize, x: usize, centre: usize, slope: usize, residual: usize, gamma: v128, beta: v128): void {
  const y = v128.mul<T>(v128.sub<T>(v128.load(x), v128.load(centre)), v128.load(slope));
  v128.store(out, v128.add<T>(v128.mul<T>(v128.add<T>(y, v128.load(residual)), gamma), beta));
}
