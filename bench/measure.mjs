// How times are taken: short rounds, in each of which every case is sampled once, so that a busy neighbour or a change
// of clock meets all cases alike and ratios hold where times do not.
//
// What the times mean: a sample calls one case several times, at least twice, and the package `benchmark` calls it once
// more, untimed, before. So every case meets the caches as its own last call left them, and not as another case did:
// tensors that fit the second cache are measured in it, larger ones in the third, the largest from memory.

import Benchmark from "benchmark";
import { best, median } from "./statistics.mjs";

/** A case is warm when so many looks in a row have shown it no faster. */
const WARM_LOOKS = 4;
const LOOK_SECONDS = 0.01;
/** Of calls this short, what surrounds the kernel is a good part, and V8 takes its time to compile that for good. */
const SHORT_CALL_SECONDS = 10e-6;
const SHORT_CALL_LOOKS = 25;
/** What `benchmark` repeats takes so long, so that its own loop, which starts in the interpreter, costs nothing. */
const TURN_SECONDS = 100e-6;

/**
 * Measures cases { name, run } side by side.
 *
 * @param rounds how many samples of each, at least
 * @param secondsPerCase for how long to go on, at least
 * @param sampleSeconds how long a sample takes, at least
 * @returns by name: { best, median, samples } in seconds per call, and callsPerSample
 */
export function measure(cases, { rounds, secondsPerCase, sampleSeconds }) {
  const estimates = warmUp(cases);
  const samplers = cases.map((candidate, index) => samplerOf(candidate, estimates[index], sampleSeconds));
  const start = performance.now();
  const seconds = secondsPerCase * cases.length;
  for (let round = 0; round < rounds || secondsSince(start) < seconds; round++) {
    for (const { samples, sample } of samplers) samples.push(sample());
  }
  return Object.fromEntries(
    samplers.map(({ name, samples, callsPerSample }) => [
      name,
      { best: best(samples), median: median(samples), callsPerSample, samples },
    ]),
  );
}

/** What samples a case whose calls take about `seconds`; `sample` returns seconds per call. */
function samplerOf({ name, run }, seconds, sampleSeconds) {
  const callsPerTurn = Math.ceil(TURN_SECONDS / seconds);
  const turns = Math.max(2, Math.ceil(sampleSeconds / (seconds * callsPerTurn)));
  const benchmark = new Benchmark({
    name,
    fn: () => repeat(run, callsPerTurn),
    // Exactly `turns` turns: any time is enough, and so is one sample.
    initCount: turns,
    minTime: Number.EPSILON,
    minSamples: 1,
    maxTime: -1,
  });
  const sample = () => {
    benchmark.run();
    if (benchmark.error) throw benchmark.error;
    return benchmark.times.period / callsPerTurn;
  };
  return { name, sample, samples: [], callsPerSample: callsPerTurn * turns };
}

/**
 * Calls all cases until each is as fast as it gets: in turns too, because code they share is compiled anew when another
 * case uses it otherwise. Returns about how many seconds a call of each takes then.
 */
function warmUp(cases) {
  const states = cases.map(({ run }) => ({ run, seconds: Infinity, looks: 0, looksNoFaster: 0 }));
  while (!states.every(isWarm)) {
    for (const state of states) {
      const seconds = look(state.run);
      state.looks++;
      state.looksNoFaster = seconds < 0.95 * state.seconds ? 0 : state.looksNoFaster + 1;
      state.seconds = Math.min(state.seconds, seconds);
    }
  }
  return states.map(({ seconds }) => seconds);
}

function isWarm({ seconds, looks, looksNoFaster }) {
  return looksNoFaster >= WARM_LOOKS && (seconds > SHORT_CALL_SECONDS || looks >= SHORT_CALL_LOOKS);
}

/** Seconds per call, over at least LOOK_SECONDS. */
function look(run) {
  const start = performance.now();
  let count = 0;
  let elapsed = 0;
  // Doubling keeps the clock out of the times of short calls.
  for (let calls = 1; elapsed < LOOK_SECONDS; calls *= 2) {
    repeat(run, calls);
    count += calls;
    elapsed = secondsSince(start);
  }
  return elapsed / count;
}

function secondsSince(start) {
  return (performance.now() - start) / 1000;
}

function repeat(run, calls) {
  for (let call = 0; call < calls; call++) run();
}
