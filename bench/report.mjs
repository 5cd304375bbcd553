// What is printed: a table that grows row by row, or one JSON object. No colours.

import { cpus } from "node:os";
import { formatSeconds } from "../dist/cli/format.js";
import { version } from "../dist/cli/version.js";
import { bytesMoved } from "./entries.mjs";
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

/** The result of an entry from the times of its cases; a ratio is null where there is no such case. */
export function resultOf(entry, cases) {
  const { name, op, dtype, layout, shape, argument, options } = entry;
  const { resident, host, js, plain, yardstick, copy, float32 } = cases;
  return {
    ...{ name, op, dtype, layout, shape, argument, options },
    bytes: bytesMoved(entry),
    cases,
    ratios: {
      copies: ratio(resident, copy),
      yardsticks: ratio(resident, yardstick),
      perFloat32: ratio(resident, float32, dtype === "float64" ? 2 : 1),
      hostPerResident: ratio(host, resident),
      jsPerResident: ratio(js, resident),
      timesPlain: ratio(plain, resident),
    },
  };
}

const ratioColumns = ["copies", "yardsticks", "per float32", "host/resident", "js/resident", "times plain JS"];
/** The longest cell, "1.07 (1.09)", and more room than within it. */
const narrowest = 14;

/** The lines of a table of entries: its heading, and a row for each result. */
export function tableOf(entries) {
  const widest = Math.max(...entries.map(({ name }) => name.length));
  const line = (label, cells) => `${label.padEnd(widest)}${cells.join("")}\n`;
  let op = entries[0].op;
  return {
    heading: line("", ["resident".padStart(11), "GB/s".padStart(8), ...ratioColumns.map(inColumn)]),
    row(result) {
      const { name, bytes, cases, ratios } = result;
      const { best } = cases.resident;
      const between = result.op === op ? "" : "\n";
      op = result.op;
      const cells = [formatSeconds(best).padStart(11), (bytes / best / 1e9).toFixed(1).padStart(8)];
      return between + line(name, [...cells, ...Object.values(ratios).map(formatRatio).map(inColumn)]);
    },
  };
}

function inColumn(cell, index) {
  return cell.padStart(Math.max(narrowest, ratioColumns[index].length + 2));
}

function formatRatio(value) {
  return value ? `${digits(value.best)} (${digits(value.median)})` : "-";
}

export function title({ lanenorm, node, cpu }, yardstick) {
  const absent = yardstick ? "" : "No yardstick beside this checkout: its column is empty.\n";
  return `lanenorm ${lanenorm}, Node ${node}, ${cpu}\n${absent}\n`;
}

export function footing({ call, kernel, overhead, timesPlain }, cold) {
  return `
Times are the best of the rounds; ratios are of the best times, and in brackets the median of the rounds' ratios.
copies, yardsticks: the resident time over that of memory.copy of x, and of a kernel that takes no care of accuracy.
per float32: the resident time over that of as many elements in float32; of float64, which has twice the bytes, over twice that.
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
