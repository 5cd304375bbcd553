// The gradient of normalize, y = x / max(norm, eps). Where the norm is less than eps, dx = dy / eps. Elsewhere, with
// magnitudes in units of the largest, r = |x| / largest,
//
//   dx = (dy - sign(x) * r^(p-1) * (sum of dy * sign(x) * r) / (sum of r^p)) / norm
//
// and nothing leaves the range of float64 that counts. For p = Infinity the sums count the largest elements: they share.

import { exponentOf, lostInProduct, scaled, timesPower } from "../../math/pow.js";
import type { PowerBackwardJob } from "../backend.js";
import { dataOf } from "../js/kernels.js";
import { NormSums } from "../js/norms.js";
import { loadTile, storeTile, type Region } from "../js/tiles.js";
import { PairSums } from "./pair_sums.js";

export function powerBackward(job: PowerBackwardJob): void {
  const { blocks, steps, columns } = job;
  const line = new Line(job);
  for (let block = 0; block < blocks; block++) {
    for (let column = 0; column < columns; column++) {
      const start = block * steps * columns + column;
      line.run({ start, rows: steps, rowStride: columns, columns: 1, columnStride: 1 });
    }
  }
}

/** Sums of a line, in PairSums: of dy * sign(x) * r, and of r^p. */
const SLOPES = 0;
const POWERS = 1;

/** The elements that one norm is taken of. */
class Line {
  readonly #job: PowerBackwardJob;
  readonly #x: Float64Array;
  readonly #dy: Float64Array;
  readonly #norm: NormSums;
  readonly #sums = new PairSums(2);

  constructor(job: PowerBackwardJob) {
    this.#job = job;
    this.#x = new Float64Array(job.steps);
    this.#dy = new Float64Array(job.steps);
    this.#norm = new NormSums(job.p, 1);
  }

  run(region: Region): void {
    const { gradOutput, x, gradInput, steps, p, eps } = this.#job;
    loadTile(this.#x, dataOf(x), region);
    loadTile(this.#dy, dataOf(gradOutput), region);
    this.#norm.clear();
    this.#norm.addMagnitudes(this.#x, steps, 1);
    if (p !== Infinity) this.#norm.addPowers(this.#x, steps, 1);
    this.#norm.finish(1);
    const largest = this.#norm.largest[0];
    const root = this.#norm.root[0];
    if (largest === 0 || largest * root < eps) this.#divide(Math.max(eps, 0));
    else this.#project(largest, root);
    storeTile(this.#dy, dataOf(gradInput), region);
  }

  #divide(eps: number): void {
    const dy = this.#dy;
    for (let i = 0; i < dy.length; i++) dy[i] /= eps;
  }

  /** Dividing twice, because the norm itself may be outside float64. */
  #project(largest: number, root: number): void {
    const dy = this.#dy;
    const slope = this.#slope(largest);
    const exponent = this.#job.p - 1;
    const added = exponent - this.#job.p;
    const exponentLow = this.#job.p - (exponent - added) + (-1 - added);
    for (let i = 0; i < dy.length; i++) {
      const x = this.#x[i];
      const share = Math.sign(x) * slope * powerOfRatio(Math.abs(x), largest, exponent, exponentLow);
      dy[i] = (dy[i] - share) / largest / root;
    }
  }

  #slope(largest: number): number {
    const sums = this.#sums;
    sums.clear();
    for (let i = 0; i < this.#x.length; i++) {
      const x = this.#x[i];
      sums.add(SLOPES, this.#dy[i] * (x / largest));
      sums.add(POWERS, powerOfRatio(Math.abs(x), largest, this.#job.p, 0));
    }
    return sums.total(SLOPES) / sums.total(POWERS);
  }
}

/** (x / largest)^(exponent + low), for x from 0 to `largest`; 0 for x = 0, whatever the exponent. */
function powerOfRatio(x: number, largest: number, exponent: number, low: number): number {
  const ratio = x / largest;
  if (x === 0 || Number.isNaN(ratio)) return ratio;
  if (exponent === 0 || x === largest) return 1;
  if (exponent === 1) return ratio;
  if (exponent === 2) return ratio * ratio;
  if (exponent === Infinity) return 0;
  const [e, f] = [exponentOf(x), exponentOf(largest)];
  const [a, b] = [scaled(x, -e), scaled(largest, -f)];
  const quotient = a / b;
  const product = quotient * b;
  const rest = (a - product - lostInProduct(quotient, b, product)) / b;
  return timesPower(1, quotient, rest, e - f, exponent, low);
}
