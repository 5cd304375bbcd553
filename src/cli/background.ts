import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Counters, Task } from "./task.js";

/** What the other thread is given. */
export interface BackgroundWork {
  readonly task: Task;
  /** Two float64 numbers: see sharedCounters. */
  readonly counters: SharedArrayBuffer;
}

/** What it says in the end. */
export type Outcome = { readonly backend: "wasm" | "js" } | { readonly error: string };

/** Tasks that other threads are doing. */
export interface Background {
  /** What they are done with; rejects as soon as one fails. */
  readonly done: Promise<{ backend: "wasm" | "js" }>;
  /** How far they all have come. */
  progress(): Counters;
  stop(): Promise<void>;
}

/** Gives each task a thread, so that this one can show how far they are, and signals find somebody at home. */
export function runInBackground(tasks: readonly Task[]): Background {
  const works = tasks.map((task): BackgroundWork => ({ task, counters: new SharedArrayBuffer(16) }));
  const workers = works.map((workerData) => new Worker(new URL("./worker.js", import.meta.url), { workerData }));
  const all = works.map(({ counters }) => sharedCounters(counters));
  return {
    done: Promise.all(workers.map(outcomeOf)).then(([first]) => first!),
    progress: () => ({ read: sumOf(all, "read"), written: sumOf(all, "written") }),
    stop: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))),
  };
}

async function outcomeOf(worker: Worker): Promise<{ backend: "wasm" | "js" }> {
  const [outcome] = (await once(worker, "message")) as [Outcome];
  if ("error" in outcome) throw new Error(outcome.error);
  return outcome;
}

function sumOf(all: readonly Counters[], counter: keyof Counters): number {
  return all.reduce((sum, counters) => sum + counters[counter], 0);
}

/** Counters that threads share. One writes, the other only looks: any recent number will do. */
export function sharedCounters(shared: SharedArrayBuffer): Counters {
  const [read, written] = [0, 1];
  const values = new Float64Array(shared);
  return {
    get read() {
      return values[read]!;
    },
    set read(count) {
      values[read] = count;
    },
    get written() {
      return values[written]!;
    },
    set written(count) {
      values[written] = count;
    },
  };
}
