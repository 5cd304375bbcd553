// The gradient of normalize, y = x / max(norm, eps). Where the norm is less than eps, dx = dy / eps. Elsewhere, with r = |x|
// in units of the largest magnitude,
//
//   dx = (dy - sign(x) * r^(p-1) * (sum of dy * sign(x) * r) / (sum of r^p)) / norm
//
// and nothing leaves the range of float64 that counts. For p = Infinity the sums count the largest elements: they share.
// Where p is 1 or 2, the unit may be any number near it.

import { exponentOf, lostInProduct, scaled, timesPower } from "../../math/pow.js";
import type { PowerBackwardJob } from "../backend.js";
import { dataOf } from "../js/kernels.js";
import { NormSums } from "../js/norms.js";
import { loadTile, storeTile, TILE } from "../js/tiles.js";
import { widenedGradients } from "./widened.js";

export const powerBackward = widenedGradients(inTiles);

/** Some neighbouring lines at a time, as columns of tiles. */
function inTiles({ blocks, steps, columns, p, eps, gradOutput, x, gradInput }: PowerBackwardJob): void {
  const isRows = columns === 1;
  const count = isRows ? blocks : columns;
  const most = Math.min(count, Math.max(1, Math.floor(TILE / steps)));
  const tile = new Float64Array(steps * most);
  const dy = new Float64Array(steps * most);
  const norm = new NormSums(p, most);
  /** Whether powers need no function. */
  const isPlain = p === 1 || p === 2;
  const exponent = p - 1;
  const added = exponent - p;
  const exponentLow = p - (exponent - added) + (-1 - added);

  for (let start = 0; start < blocks * columns; start += count) {
    for (let first = 0; first < count; first += most) {
      run(start * steps + first * (isRows ? steps : 1), Math.min(most, count - first));
    }
  }

  function run(start: number, lines: number): void {
    const region = { start, rows: steps, rowStride: columns, columns: lines, columnStride: isRows ? steps : 1 };
    loadTile(tile, dataOf(x), region);
    loadTile(dy, dataOf(gradOutput), region);
    norm.clear();
    norm.addMagnitudes(tile, steps, lines);
    if (!isPlain) {
      if (p !== Infinity) norm.addPowers(tile, steps, lines);
      norm.finish(lines);
    }
    for (let line = 0; line < lines; line++) project(line, lines);
    storeTile(dy, dataOf(gradInput), region);
  }

  /** Leaves dx in place of dy. */
  function project(line: number, lines: number): void {
    const largest = norm.largest[line];
    const unit = unitOf(largest);
    let slope = 0;
    let slopeLow = 0;
    let power = 0;
    let powerLow = 0;
    for (let at = line; at < steps * lines; at += lines) {
      const r = tile[at] * unit;
      const ofSlope = dy[at] * r;
      const ofPower = p === 2 ? r * r : p === 1 ? Math.abs(r) : powerOfRatio(Math.abs(tile[at]), largest, p, 0);
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
    // The largest magnitude, in units: NaN, and with it all, unless it is finite.
    const one = isPlain ? 1 : largest * unit;
    const root = p === 2 ? Math.sqrt(power) : p === 1 ? power : norm.root[line] * one;
    const least = Math.max(eps, 0);
    if (power * one === 0 || root / unit < least) map(line, lines, unitOf(least), 0, least * unitOf(least));
    else map(line, lines, unit, slope / one / power, root);
  }

  /** dx from the norm in units, and from what r^(p-1) is multiplied by. */
  function map(line: number, lines: number, unit: number, slope: number, root: number): void {
    const largest = norm.largest[line];
    const inverse = 1 / root;
    for (let at = line; at < steps * lines; at += lines) {
      let direction = p === 2 ? tile[at] * unit : Math.sign(tile[at]);
      if (!isPlain && slope !== 0) direction *= powerOfRatio(Math.abs(tile[at]), largest, exponent, exponentLow);
      // Multiplied twice, because the norm itself may be outside float64.
      dy[at] = (dy[at] - direction * slope) * unit * inverse;
    }
  }
}

/** What makes a number about 1, or less where there is no such factor. */
function unitOf(size: number): number {
  return Math.min(1 / size, 2 ** 1023);
}

/** (x / largest)^(exponent + low), for x from 0 to `largest`; 0 for x = 0, whatever the exponent. */
function powerOfRatio(x: number, largest: number, exponent: number, low: number): number {
  if (x === 0) return 0;
  if (x === largest) return 1;
  if (exponent === 2) return (x / largest) * (x / largest);
  if (exponent === Infinity) return 0;
  const [e, f] = [exponentOf(x), exponentOf(largest)];
  const [a, b] = [scaled(x, -e), scaled(largest, -f)];
  const quotient = a / b;
  const product = quotient * b;
  const rest = (a - product - lostInProduct(quotient, b, product)) / b;
  return timesPower(1, quotient, rest, e - f, exponent, low);
}
