// The other thread of background.ts.

import { parentPort, workerData } from "node:worker_threads";
import type { BackgroundWork, Outcome } from "./background.js";
import { sharedCounters } from "./background.js";
import { runTask } from "./task.js";

const { task, counters } = workerData as BackgroundWork;
let outcome: Outcome;
try {
  outcome = runTask(task, sharedCounters(counters));
} catch (error) {
  outcome = { error: error instanceof Error ? error.message : String(error) };
}
parentPort!.postMessage(outcome);
