import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Counters, Outcome, Task } from "./task.js";

/** What the other thread is given. */
export interface BackgroundWork {
  readonly task: Task;
  /** Two float64 numbers: see sharedCounters. */
  readonly shared: SharedArrayBuffer;
}

/** What it says in the end. */
export type Message = Outcome | { readonly error: string };

/** A task that another thread is doing. */
export interface Background {
  readonly done: Promise<Outcome>;
  readonly counters: Readonly<Counters>;
  stop(): Promise<void>;
}

/** Gives a task a thread, so that this one can show how far it is, and signals find somebody at home. */
export function runInBackground(task: Task): Background {
  const shared = new SharedArrayBuffer(16);
  const workerData: BackgroundWork = { task, shared };
  const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData });
  return {
    done: outcomeOf(worker),
    counters: sharedCounters(shared),
    stop: async () => void (await worker.terminate()),
  };
}

async function outcomeOf(worker: Worker): Promise<Outcome> {
  const [message] = (await once(worker, "message")) as [Message];
  if ("error" in message) throw new Error(message.error);
  return message;
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
