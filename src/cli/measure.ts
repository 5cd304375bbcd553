const shortestSample = 0.002; // seconds; far above the clock's resolution
const warmUp = 0.02; // seconds; enough for the optimising compilers of JavaScript and WebAssembly

/**
 * The median seconds per call of two functions, measured for about `seconds` in all. Their samples alternate, so that a
 * busy neighbour or a change of clock speed meets both.
 */
export function measurePair(first: () => unknown, second: () => unknown, seconds: number): [number, number] {
  const calls = [callsPerSample(first), callsPerSample(second)] as const;
  const samples: [number[], number[]] = [[], []];
  const end = performance.now() / 1000 + seconds;
  do {
    samples[0].push(secondsPerCall(first, calls[0]));
    samples[1].push(secondsPerCall(second, calls[1]));
  } while (performance.now() / 1000 < end);
  return [median(samples[0]), median(samples[1])];
}

function callsPerSample(work: () => unknown): number {
  const end = performance.now() / 1000 + warmUp;
  for (let calls = 1; ;) {
    const sample = secondsPerCall(work, calls) * calls;
    if (sample < shortestSample) calls *= 2;
    else if (performance.now() / 1000 > end) return calls;
  }
}

function secondsPerCall(work: () => unknown, calls: number): number {
  const start = performance.now();
  for (let call = 0; call < calls; call++) work();
  return (performance.now() - start) / 1000 / calls;
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1]!;
}
