// The gradient of normalize, y = x / max(norm, eps). Where the norm is less than eps, dx = dy / eps. Elsewhere, with r = |x|
// in units of the largest magnitude,
//
//   dx = (dy - sign(x) * r^(p-1) * (sum of dy * sign(x) * r) / (sum of r^p)) / norm
//
// and nothing leaves the range of float64 that counts. For p = Infinity the sums count the largest elements: they share.
// Where p is 1 or 2, the unit may be any number near the largest: a power of two, which costs no digit, or 1 for float32.

import { exponentOf, lostInProduct, powerOfTwo, scaled, timesPower } from "../../math/pow.js";
import type { PowerBackwardJob } from "../backend.js";
import { dataOf } from "../js/kernels.js";
import { NormSums } from "../js/norms.js";
import { loadTile, storeTile, TILE } from "../js/tiles.js";

export function powerBackward(job: PowerBackwardJob): void {
  const { blocks, steps, columns } = job;
  const isRows = columns === 1;
  const count = isRows ? blocks : columns;
  const most = Math.min(count, Math.max(1, Math.floor(TILE / steps)));
  const lines = new Lines(job, most);
  for (let start = 0; start < blocks * columns; start += count) {
    for (let first = 0; first < count; first += most) {
      lines.run(start * steps + first * (isRows ? steps : 1), Math.min(most, count - first));
    }
  }
}

/** Neighbouring lines, each with a norm of its own: columns of tiles. */
class Lines {
  readonly #job: PowerBackwardJob;
  readonly #x: Float64Array;
  readonly #dy: Float64Array;
  readonly #norm: NormSums;
  readonly #isPlain: boolean;

  constructor(job: PowerBackwardJob, most: number) {
    this.#job = job;
    this.#x = new Float64Array(job.steps * most);
    this.#dy = new Float64Array(job.steps * most);
    this.#norm = new NormSums(job.p, most);
    this.#isPlain = job.p === 1 || job.p === 2;
  }

  run(start: number, lines: number): void {
    const { gradOutput, x, gradInput, steps, columns, p } = this.#job;
    const norm = this.#norm;
    const region = { start, rows: steps, rowStride: columns, columns: lines, columnStride: columns > 1 ? 1 : steps };
    loadTile(this.#x, dataOf(x), region);
    loadTile(this.#dy, dataOf(gradOutput), region);
    norm.clear();
    if (!this.#isPlain || x.format.compute === "float64") norm.addMagnitudes(this.#x, steps, lines);
    if (!this.#isPlain) {
      if (p !== Infinity) norm.addPowers(this.#x, steps, lines);
      norm.finish(lines);
    }
    for (let line = 0; line < lines; line++) this.#gradient(line, lines);
    storeTile(this.#dy, dataOf(gradInput), region);
  }

  /** Leaves dx in place of dy. */
  #gradient(line: number, lines: number): void {
    const { p, eps } = this.#job;
    const x = this.#x;
    const dy = this.#dy;
    const largest = this.#norm.largest[line];
    const unit = unitOf(largest);
    const end = this.#job.steps * lines;
    let slope = 0;
    let slopeLow = 0;
    let power = 0;
    let powerLow = 0;
    for (let at = line; at < end; at += lines) {
      const r = x[at] * unit;
      const ofSlope = dy[at] * r;
      const ofPower = p === 2 ? r * r : p === 1 ? Math.abs(r) : powerOfRatio(Math.abs(x[at]), largest, p, 0);
      // Knuth's TwoSum.
      const nextSlope = slope + ofSlope;
      const addedSlope = nextSlope - slope;
      slopeLow += slope - (nextSlope - addedSlope) + (ofSlope - addedSlope);
      slope = nextSlope;
      const nextPower = power + ofPower;
      const addedPower = nextPower - power;
      powerLow += power - (nextPower - addedPower) + (ofPower - addedPower);
      power = nextPower;
    }
    power += powerLow;
    if (Number.isFinite(slope)) slope += slopeLow;
    // The largest magnitude, in units.
    const one = this.#isPlain ? 1 : largest * unit;
    const root = p === 2 ? Math.sqrt(power) : p === 1 ? power : this.#norm.root[line] * one;
    if (power === 0 || one === 0 || root / unit < eps) {
      const unit = unitOf(eps);
      this.#map(line, lines, unit, 0, Math.max(eps, 0) * unit);
    } else this.#map(line, lines, unit, slope / one / power, root);
  }

  /** dx from the norm in units, and from what r^(p-1) is multiplied by. */
  #map(line: number, lines: number, unit: number, slope: number, root: number): void {
    const { p } = this.#job;
    const x = this.#x;
    const dy = this.#dy;
    const largest = this.#norm.largest[line];
    const end = this.#job.steps * lines;
    const inverse = 1 / root;
    const exponent = p - 1;
    const added = exponent - p;
    const exponentLow = p - (exponent - added) + (-1 - added);
    for (let at = line; at < end; at += lines) {
      let direction = p === 2 ? x[at] * unit : Math.sign(x[at]);
      if (!this.#isPlain && slope !== 0) {
        direction *= powerOfRatio(Math.abs(x[at]), largest, exponent, exponentLow);
      }
      // Multiplied twice, because the norm itself may be outside float64.
      dy[at] = (dy[at] - direction * slope) * unit * inverse;
    }
  }
}

/** A power of two that brings `largest` near 1, if there is one. */
function unitOf(largest: number): number {
  return largest > 0 && largest < Infinity ? powerOfTwo(Math.max(-1022, Math.min(1022, -exponentOf(largest)))) : 1;
}

/** (x / largest)^(exponent + low), for x from 0 to `largest`; 0 for x = 0, whatever the exponent. */
function powerOfRatio(x: number, largest: number, exponent: number, low: number): number {
  const ratio = x / largest;
  if (x === 0) return 0;
  if (Number.isNaN(ratio)) return ratio;
  if (x === largest) return 1;
  if (exponent === 2) return ratio * ratio;
  if (exponent === Infinity) return 0;
  const [e, f] = [exponentOf(x), exponentOf(largest)];
  const [a, b] = [scaled(x, -e), scaled(largest, -f)];
  const quotient = a / b;
  const product = quotient * b;
  const rest = (a - product - lostInProduct(quotient, b, product)) / b;
  return timesPower(1, quotient, rest, e - f, exponent, low);
}
