// What is said of samples. The best is what the machine can do: noise only ever adds time.

export function best(values) {
  return Math.min(...values);
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * How many times as long `a` took as `b`: by the best of each, and by the median of the ratios within a round, which saw
 * the same noise. null where one of them was not measured. Divided by `work`, where `a` has so many times the work of `b`.
 */
export function ratio(a, b, work = 1) {
  if (!a || !b) return null;
  const ratios = a.samples.map((sample, round) => sample / b.samples[round] / work);
  return { best: a.best / b.best / work, median: median(ratios) };
}
