// From the sums of channels to the coefficients of their gradients, for groups of channels that share statistics, and to the
// gradients of weight and bias. In float64, in the order of samples.

/** Half an ulp of a number, over the number, is at most this: a little is added for the rounding of what finds it. */
const ROUNDING = { float32: 6.0201e-8, float64: 1.1213e-16 } as const;

/** Sums of one number per channel that lose nothing of it: pairs of float64. */
export class ChannelSums {
  readonly #high: Float64Array;
  readonly #low: Float64Array;

  constructor(channels: number) {
    this.#high = new Float64Array(channels);
    this.#low = new Float64Array(channels);
  }

  add(channel: number, value: number): void {
    const high = this.#high[channel];
    const sum = high + value;
    const ofValue = sum - high;
    this.#high[channel] = sum;
    this.#low[channel] += high - (sum - ofValue) + (value - ofValue);
  }

  total(channel: number): number {
    return this.#high[channel] + this.#low[channel];
  }

  totals(): Float64Array {
    return this.#high.map((_, channel) => this.total(channel));
  }
}

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
  readonly compute: "float32" | "float64";
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
  { compute, channels, groups, size, frozen, gamma }: Combination,
  sums: ArrayLike<number>,
  coefficients: ChannelCoefficients,
  weight: ChannelSums,
  bias: ChannelSums,
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
    const meanOfH = ofH / size;
    // What rounding the saved mean left over. A mean that is not x's own is taken as it is.
    const isRounding = Math.abs(meanOfH) <= r * Math.abs(mean[first]) * ROUNDING[compute];
    const offset = isRounding && !frozen ? -meanOfH : 0;
    const groupSlope = (-(ofGH + offset * ofG) / size) * r;
    const groupConstant = offset * groupSlope - (ofG / size) * r;
    for (let channel = first; channel < first + width; channel++) {
      factor[channel] = (gamma ? gamma[channel] : 1) * r;
      slope[channel] = groupSlope;
      constant[channel] = groupConstant;
      weight.add(channel, sums[3 * channel + 1] + offset * sums[3 * channel]);
      bias.add(channel, sums[3 * channel]);
    }
  }
}
