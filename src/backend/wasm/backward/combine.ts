// From the sums of channels to the coefficients of their gradients, for groups of channels that share statistics, and to the
// gradients of weight and bias. In float64, in the order of samples.

import type { Format } from "../../../dtype.js";
import { offsetOf, reducedBy } from "../../portable/deviations.js";
import type { PairSums } from "../../portable/pair_sums.js";

/** dx = dy * factor + (x - mean) * rstd * slope + constant, per channel. */
export interface ChannelCoefficients {
  readonly mean: Float64Array;
  readonly rstd: Float64Array;
  readonly factor: Float64Array;
  readonly slope: Float64Array;
  readonly constant: Float64Array;
}

export function newCoefficients(channels: number): ChannelCoefficients {
  const numbers = () => new Float64Array(channels);
  return { mean: numbers(), rstd: numbers(), factor: numbers(), slope: numbers(), constant: numbers() };
}

/** What combining takes: which statistics and weights channels have. */
export interface Combination {
  /** How x is stored. */
  readonly format: Format;
  readonly channels: number;
  readonly groups: number;
  /** Elements of a group. */
  readonly size: number;
  readonly frozen: boolean;
  readonly gamma: ArrayLike<number> | undefined;
}

/**
 * Fills the coefficients of channels that have the means and rstds of `coefficients`, from three sums per channel: of dy, of
 * dy * h, and of h = (x - mean) * rstd; and adds to the gradients of weight and bias.
 */
export function combine(
  { format, channels, groups, size, frozen, gamma }: Combination,
  sums: ArrayLike<number>,
  coefficients: ChannelCoefficients,
  weight: PairSums,
  bias: PairSums,
): void {
  const { mean, rstd, factor, slope, constant } = coefficients;
  const width = channels / groups;
  for (let first = 0; first < channels; first += width) {
    let [ofG, ofGH, ofH] = [0, 0, 0];
    for (let channel = first; channel < first + width; channel++) {
      const scale = gamma ? gamma[channel] : 1;
      ofG += scale * sums[3 * channel];
      ofGH += scale * sums[3 * channel + 1];
      ofH += sums[3 * channel + 2];
    }
    const r = rstd[first];
    // What rounding the saved mean left over. Statistics that are constants are taken as they are.
    const offset = frozen ? 0 : -offsetOf(ofH / size, mean[first], r, { format });
    const groupSlope = (-(ofGH + offset * ofG) / size) * r;
    const groupConstant = offset * groupSlope - (ofG / size) * r;
    for (let channel = first; channel < first + width; channel++) {
      factor[channel] = (gamma ? gamma[channel] : 1) * r;
      slope[channel] = groupSlope;
      constant[channel] = groupConstant;
      weight.add(channel, reducedBy(-offset, sums[3 * channel + 1], sums[3 * channel]));
      bias.add(channel, sums[3 * channel]);
    }
  }
}
