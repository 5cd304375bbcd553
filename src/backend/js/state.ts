/**
 * Sums and statistics of a few groups at a time. A group has one column of sums, or `width` neighbouring ones, which the
 * reduction adds up. Everything is float64, and of x * scale: a power of two, 1 for nearly all groups.
 */
export interface State {
  /** Per column. */
  readonly shift: Float64Array;
  readonly scale: Float64Array;
  /** Of deviations from the shift, and of their squares: each as a number and what rounding took from it. */
  readonly sum: Float64Array;
  readonly sumLow: Float64Array;
  readonly squares: Float64Array;
  readonly squaresLow: Float64Array;
  /** What a map takes per column. */
  readonly centre: Float64Array;
  readonly centreLow: Float64Array;
  readonly slope: Float64Array;
  readonly bias: Float64Array;

  /** Per group: the mean as a sum of two numbers, biased variance, 1 / standard deviation. */
  readonly mean: Float64Array;
  readonly meanLow: Float64Array;
  readonly variance: Float64Array;
  readonly rstd: Float64Array;
  /** Whether sums are still to be taken, or to be taken again. */
  readonly pending: Uint8Array;
}

function newState(columns: number): State {
  const array = (): Float64Array => new Float64Array(columns);
  return {
    shift: array(),
    scale: array(),
    sum: array(),
    sumLow: array(),
    squares: array(),
    squaresLow: array(),
    centre: array(),
    centreLow: array(),
    slope: array(),
    bias: array(),
    mean: array(),
    meanLow: array(),
    variance: array(),
    rstd: array(),
    pending: new Uint8Array(columns),
  };
}

/** Columns that are summed at a time: their sums stay in a near cache. */
export const MOST_COLUMNS = 1024;

// Jobs do not nest, so one state serves all; making its arrays would take longer than a small job.
let shared: State | undefined;

/** A state of at least so many columns. What it holds is left from the job before. */
export function stateOf(columns: number): State {
  if (columns > MOST_COLUMNS) return newState(columns);
  return (shared ??= newState(MOST_COLUMNS));
}
