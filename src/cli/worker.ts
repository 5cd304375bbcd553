// The other thread of background.ts.

import { parentPort, workerData } from "node:worker_threads";
import { type BackgroundWork, type Message, sharedCounters } from "./background.js";
import { runTask } from "./task.js";

const { task, shared } = workerData as BackgroundWork;
let message: Message;
try {
  message = runTask(task, sharedCounters(shared));
} catch (error) {
  message = { error: error instanceof Error ? error.message : String(error) };
}
parentPort!.postMessage(message);
