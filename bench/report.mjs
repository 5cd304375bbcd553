// What is printed: a table that grows row by row, or one JSON object. No colours.

import { cpus } from "node:os";
import { formatSeconds } from "../dist/cli/format.js";
import { version } from "../dist/cli/version.js";
import { bytesOf } from "./shapes.mjs";
import { ratio } from "./statistics.mjs";

/** What the numbers were measured on. */
export function environment() {
  const processors = cpus();
  return {
    lanenorm: version(),
    node: process.versions.node,
    v8: process.versions.v8,
    platform: process.platform,
    arch: process.arch,
    cpu: processors[0]?.model ?? "unknown",
    cpus: processors.length,
  };
}

/** The result of a shape from the times of its cases; a ratio is null where there is no such case. */
export function resultOf({ name, op, shape, groups }, cases) {
  const { resident, host, js, plain, yardstick, copy } = cases;
  return {
    name,
    op,
    shape,
    groups,
    bytes: bytesOf(shape),
    cases,
    ratios: {
      copies: ratio(resident, copy),
      yardsticks: ratio(resident, yardstick),
      hostPerResident: ratio(host, resident),
      jsPerResident: ratio(js, resident),
      timesPlain: ratio(plain, resident),
    },
  };
}

const columns = ["resident", "GB/s", "copies", "yardsticks", "host/resident", "js/resident", "times plain JS"];

export function heading({ lanenorm, node, cpu }, yardstick) {
  const absent = yardstick ? "" : "No yardstick beside this checkout: its column is empty.\n";
  return `lanenorm ${lanenorm}, Node ${node}, ${cpu}\n${absent}\n${line("", columns)}`;
}

export function rowOf({ name, bytes, cases, ratios }) {
  const { best } = cases.resident;
  return line(name, [
    formatSeconds(best),
    (bytes / best / 1e9).toFixed(1),
    ...Object.values(ratios).map((value) => (value ? `${digits(value.best)} (${digits(value.median)})` : "-")),
  ]);
}

export function footing({ call, kernel, overhead, timesPlain }, cold) {
  return `
Times are the best of the rounds; ratios are of the best times, and in brackets the median of the rounds' ratios.
copies, yardsticks: the resident time over that of memory.copy, and of a kernel that takes no care of accuracy.
times plain JS: the time of the best loop in plain JavaScript over the resident time.

call overhead, layer norm [1,768] resident: ${formatSeconds(overhead.best)} (${formatSeconds(overhead.median)}) beyond the kernel's ${formatSeconds(kernel.best)}, ${formatSeconds(call.best)} in all,
  ${digits(timesPlain.best)} (${digits(timesPlain.median)}) times plain JS, with one engine and one kind of tensor in the process
cold call, layer norm [1,768] host, first of a process: ${formatSeconds(cold.best)} (median ${formatSeconds(cold.median)})
`;
}

/** Three digits or so. */
function digits(value) {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

function line(label, cells) {
  return `${label.padEnd(30)}${cells.map((cell) => cell.padStart(15)).join("")}\n`;
}
