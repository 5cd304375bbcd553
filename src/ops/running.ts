// Running statistics: what batch and instance norm remember of the data they were trained on.

import type { GroupMoments } from "../backend/backend.js";
import { describe, type Format, quote } from "../dtype.js";
import { numbersOf, writeNumbers } from "../elements.js";
import type { Store } from "../engine/store.js";
import { ArgumentError } from "../errors.js";
import { formatShape } from "../shape.js";
import { type Operand, parameterOf } from "./operand.js";
import { checkApart } from "./output.js";

/** Running mean and variance, one per channel. */
export interface Running {
  readonly mean: Operand;
  readonly variance: Operand;
}

/** Running statistics as they were given: both or neither. */
export function runningOf(
  functionName: string,
  given: { runningMean?: unknown; runningVar?: unknown },
  channels: number,
  like: Format,
  store: Store,
): Running | undefined {
  const shape = [channels];
  const mean = parameterOf(functionName, "runningMean", given.runningMean, shape, like, store);
  const variance = parameterOf(functionName, "runningVar", given.runningVar, shape, like, store);
  if (mean && variance) return { mean, variance };
  if (!mean && !variance) return undefined;
  const missing = mean ? "runningVar" : "runningMean";
  const expected = "must be given too: runningMean and runningVar go together";
  throw new ArgumentError(functionName, missing, expected, describe(mean ? given.runningVar : given.runningMean));
}

/** Running statistics that there must be. */
export function requiredRunning(functionName: string, running: Running | undefined, channels: number): Running {
  if (running) return running;
  const expected = `must be given, with shape ${formatShape([channels])}, when x's own statistics are not used`;
  throw new ArgumentError(functionName, "runningMean", expected, "undefined");
}

/** The weight of the new data in running statistics, from 0 to 1. */
export function momentumOf(functionName: string, momentum: unknown): number {
  if (momentum === undefined) return 0.1;
  if (typeof momentum === "number" && momentum >= 0 && momentum <= 1) return momentum;
  throw new ArgumentError(functionName, "momentum", "must be a number from 0 to 1", quote(momentum));
}

/** Running statistics that will be written must overlap nothing else. */
export function checkRunningApart(
  functionName: string,
  { mean, variance }: Running,
  others: Readonly<Record<string, Operand | undefined>>,
): void {
  checkApart(functionName, mean, "runningVar", variance, "runningMean");
  for (const [argument, other] of Object.entries(others)) {
    checkApart(functionName, mean, argument, other, "runningMean");
    checkApart(functionName, variance, argument, other, "runningVar");
  }
}

/**
 * running = (1 - momentum) * running + momentum * new, for moments of `samples` x channels groups of n elements each,
 * averaged over the samples; the new variance is the unbiased one. As PyTorch does.
 */
export function updateRunning(
  { mean, variance }: Running,
  moments: GroupMoments,
  samples: number,
  n: number,
  momentum: number,
): void {
  const unbiased = n / (n - 1);
  blend(mean, moments.mean, samples, momentum, 1);
  blend(variance, moments.variance, samples, momentum, unbiased);
}

function blend(running: Operand, values: Float64Array, samples: number, momentum: number, factor: number): void {
  const old = numbersOf(running);
  const channels = running.size;
  const blended = new Float64Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0;
    for (let index = channel; index < values.length; index += channels) sum += values[index];
    blended[channel] = (1 - momentum) * old[channel] + momentum * factor * (sum / samples);
  }
  writeNumbers(running, blended);
}
