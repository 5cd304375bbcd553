// Gradients of layer and RMS norm.

import { numbersOf, writeNumbers } from "../../../elements.js";
import type { RowsBackwardJob } from "../../backend.js";
import { PairSums } from "../../portable/pair_sums.js";
import { type Computed, dataOf } from "../kernels.js";
import { type Deviations, deviationsFrom, offsetOf } from "../../portable/deviations.js";

/** Sums of a row, in PairSums: of g, of g * h and of h, where g = dy * gamma and h = (x - mean) * rstd. */
const GRADIENTS = 0;
const PRODUCTS = 1;
const DEVIATIONS = 2;

/** What loops over a row read. */
interface Rows {
  readonly n: number;
  readonly dy: Computed;
  readonly x: Computed;
  readonly gamma: Computed | undefined;
}

export function rowsBackward(job: RowsBackwardJob): void {
  const { rows, n, weight, gradInput, gradWeight, gradBias } = job;
  const input: Rows = { n, dy: dataOf(job.gradOutput), x: dataOf(job.x), gamma: weight && numbersOf(weight) };
  const sums = new PairSums(3);
  const weights = gradWeight && new PairSums(n);
  const biases = gradBias && new PairSums(n);
  for (let row = 0; row < rows; row++) {
    const mean = job.mean ? job.mean.data[row] : 0;
    const rstd = job.rstd.data[row];
    const deviations = deviationsFrom(mean, rstd);
    sumRow(input, row * n, deviations, sums);
    const offset = job.mean ? offsetOf(sums.total(DEVIATIONS) / n, mean, rstd, job.x) : 0;
    if (weights) addWeights(input, row * n, deviations, offset, weights);
    if (biases) addBiases(input, row * n, biases);
    if (!gradInput) continue;
    const average = sums.total(GRADIENTS) / n;
    const slope = sums.total(PRODUCTS) / n - offset * average;
    mapRow(input, row * n, deviations, { rstd, offset, average: job.mean ? average : 0, slope }, dataOf(gradInput));
  }
  if (weights) writeNumbers(gradWeight, weights.totals());
  if (biases) writeNumbers(gradBias, biases.totals());
}

function sumRow({ n, dy, x, gamma }: Rows, start: number, { scale, centre, slope }: Deviations, sums: PairSums): void {
  sums.clear();
  for (let e = 0; e < n; e++) {
    const g = gamma ? dy[start + e] * gamma[e] : dy[start + e];
    const h = (x[start + e] * scale - centre) * slope;
    sums.add(GRADIENTS, g);
    sums.add(PRODUCTS, g * h);
    sums.add(DEVIATIONS, h);
  }
}

function addWeights(
  { n, dy, x }: Rows,
  start: number,
  { scale, centre, slope }: Deviations,
  offset: number,
  weights: PairSums,
): void {
  for (let e = 0; e < n; e++) weights.add(e, dy[start + e] * ((x[start + e] * scale - centre) * slope - offset));
}

function addBiases({ n, dy }: Rows, start: number, biases: PairSums): void {
  for (let e = 0; e < n; e++) biases.add(e, dy[start + e]);
}

/** rstd * (g - average - xhat * slope), with the averages of g and of g * xhat. */
function mapRow(
  { n, dy, x, gamma }: Rows,
  start: number,
  { scale, centre, slope: toDeviation }: Deviations,
  { rstd, offset, average, slope }: Record<"rstd" | "offset" | "average" | "slope", number>,
  dx: Computed,
): void {
  for (let e = 0; e < n; e++) {
    const g = gamma ? dy[start + e] * gamma[e] : dy[start + e];
    const xhat = (x[start + e] * scale - centre) * toDeviation - offset;
    dx[start + e] = rstd * (g - average - xhat * slope);
  }
}
