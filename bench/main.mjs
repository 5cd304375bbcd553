// npm run bench: see options.mjs for what it takes, measure.mjs for what the times mean.

import { assertAgreement, casesOf } from "./cases.mjs";
import { coldCall } from "./cold.mjs";
import { measure } from "./measure.mjs";
import { parseOptions, usage } from "./options.mjs";
import { callOverhead } from "./overhead.mjs";
import { loadYardstick } from "./peers/yardstick.mjs";
import { environment, footing, resultOf, tableOf, title } from "./report.mjs";

/** Measures everything; `say` gets the table as it grows. */
async function run({ shapes, ...options }, say) {
  const yardstick = await loadYardstick();
  const machine = environment();
  const table = tableOf(shapes);
  say(title(machine, yardstick) + table.heading);
  // First, while the engine's code has met only the tensors of this call, as in a program that does one thing.
  const overhead = callOverhead(options);
  const results = [];
  for (const shape of shapes) {
    const result = measureShape(shape, options, yardstick);
    results.push(result);
    say(table.row(result));
  }
  const cold = coldCall(options.processes);
  say(footing(overhead, cold));
  return { ...machine, yardstick: yardstick !== undefined, options, results, callOverhead: overhead, coldCall: cold };
}

function measureShape(shape, options, yardstick) {
  const cases = casesOf(shape, options.distribution, yardstick);
  assertAgreement(shape, cases);
  const times = measure(cases, options);
  for (const { dispose } of cases) dispose?.();
  return resultOf(shape, times);
}

async function main(argv) {
  const { help, json, ...options } = parseOptions(argv);
  if (help) return void process.stdout.write(usage);
  const report = await run(options, (text) => json || process.stdout.write(text));
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
});
