// The first call of a process: decoding and compiling the kernels, making the default engine, running unoptimised.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { best, median } from "./statistics.mjs";

const child = fileURLToPath(new URL("./cold-child.mjs", import.meta.url));

/** Seconds of the first layerNorm of a process; its start and the import are not counted. */
export function coldCall(processes) {
  const samples = Array.from({ length: processes }, firstCall);
  return { shape: [1, 768], best: best(samples), median: median(samples), samples };
}

function firstCall() {
  const { status, stdout, stderr } = spawnSync(process.execPath, [child], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the process of the cold call failed: ${stderr}`);
  return Number(stdout);
}
