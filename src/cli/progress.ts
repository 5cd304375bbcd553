import type { Writable } from "node:stream";
import { formatRate } from "./format.js";

const WIDTH = 24;
const INTERVAL = 100; // milliseconds
/** What is done sooner shows no bar. */
const PATIENCE = 300; // milliseconds
const ERASE_TO_END = "\x1b[K";

/** A stream that may be a terminal. */
export interface Terminal extends Writable {
  readonly isTTY?: boolean;
}

/**
 * Shows how far long work is, on a terminal only: `done` says how many of `total` bytes. Returns how to end it, which
 * leaves the line empty.
 */
export function showProgress(terminal: Terminal, total: number, done: () => number): () => void {
  if (!terminal.isTTY) return () => undefined;
  const start = performance.now();
  let shown = false;
  const draw = () => {
    const elapsed = performance.now() - start;
    if (elapsed < PATIENCE) return;
    terminal.write(`\r${progressLine(done(), total, elapsed / 1000)}${ERASE_TO_END}`);
    shown = true;
  };
  const timer = setInterval(draw, INTERVAL);
  return () => {
    clearInterval(timer);
    if (shown) terminal.write(`\r${ERASE_TO_END}`);
  };
}

/** `[##########--------------]  42 %  1.3 GB/s  2.1 s left`. */
export function progressLine(done: number, total: number, seconds: number): string {
  const fraction = Math.min(1, done / total);
  const filled = Math.floor(WIDTH * fraction);
  const bar = `[${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}]`;
  const percent = `${Math.floor(100 * fraction)}`.padStart(3);
  const left = done > 0 ? `  ${Math.max(0, (seconds * (total - done)) / done).toFixed(1)} s left` : "";
  return `${bar} ${percent} %  ${formatRate(done / seconds)}${left}`;
}
