import { setImmediate } from "node:timers/promises";
import { runInBackground } from "./background.js";
import { bytesOf, bytesPerElement } from "./files/file_tensor.js";
import { showProgress, type Terminal } from "./progress.js";
import { slicesOf } from "./slices.js";
import { type Counters, type Outcome, runTask, type Task } from "./task.js";

/** Bytes of work that is done at once: nothing else happens meanwhile, for some 50 ms. */
const AT_ONCE = 2 ** 26;

/**
 * Does a task of any size: slice by slice, so that signals are heard in between and progress is shown. Where elements share
 * statistics all over a large tensor, in another thread; what is read and written goes no faster by several.
 *
 * @param independent how many of x's first dimensions hold nothing that shares statistics
 */
export async function perform(task: Task, independent: number, terminal: Terminal): Promise<Outcome> {
  const bytes = bytesOf(task.x);
  const slices = slicesOf(task, independent, Math.ceil(bytes / AT_ONCE));
  const single = slices.length === 1;
  if (single && bytes <= AT_ONCE) return runTask(task, newCounters());
  if (slices.some(({ x }) => bytesOf(x) > 2 * AT_ONCE)) return performInBackground(task, terminal);
  return performSlices(task, slices, terminal);
}

async function performSlices(task: Task, slices: readonly Task[], terminal: Terminal): Promise<Outcome> {
  const all = slices.map(newCounters);
  const end = showTask(terminal, task, () => all);
  try {
    let outcome: Outcome;
    for (const [index, slice] of slices.entries()) {
      outcome = runTask(slice, all[index]!);
      await setImmediate();
    }
    return outcome!;
  } finally {
    end();
  }
}

async function performInBackground(task: Task, terminal: Terminal): Promise<Outcome> {
  const { done, counters, stop } = runInBackground(task);
  const end = showTask(terminal, task, () => [counters]);
  try {
    return await done;
  } finally {
    end();
    await stop();
  }
}

function showTask(terminal: Terminal, { x }: Task, counters: () => readonly Counters[]): () => void {
  const done = () => counters().reduce((sum, { read, written }) => sum + read + written, 0);
  return showProgress(terminal, 2 * bytesOf(x), () => bytesPerElement(x) * done());
}

function newCounters(): Counters {
  return { read: 0, written: 0 };
}
