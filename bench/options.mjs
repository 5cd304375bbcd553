import { parseArgs } from "node:util";
import { shapes } from "./shapes.mjs";

export const usage = `Usage: npm run bench -- [options]

Times this library, its peers and memory.copy side by side, in short rounds. Takes about four minutes.

  --filter <text>   Only what has the text in its name: "layer", "[128,768]", "/32", "channels-last", "float64"
  --rounds <n>      Samples per case; default as many as fit 0.2 seconds times the cases of a shape, at least 30
  --quick           Few and short samples: everything in a minute or so, less exact
  --mean <number>   The mean of x; default 0. Far from it in standard deviations, kernels take another path
  --std <number>    The standard deviation of x; default 1
  --json            Everything that was measured, for machines
  -h, --help        This help
`;

// Samples are shorter than the slices in which a busy system gives its processors away, so that some are whole.
const thorough = { rounds: 30, secondsPerCase: 0.2, sampleSeconds: 0.001, processes: 9 };
const quick = { rounds: 3, secondsPerCase: 0.05, sampleSeconds: 0.0005, processes: 3 };

/** The options of a command line. Throws an Error that says what is wrong with it. */
export function parseOptions(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      filter: { type: "string", default: "" },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      mean: { type: "string", default: "0" },
      std: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const settings = values.quick ? quick : thorough;
  return {
    ...settings,
    ...(values.rounds === undefined ? {} : { rounds: positiveInteger("rounds", values.rounds), secondsPerCase: 0 }),
    shapes: matching(values.filter),
    distribution: { mean: finite("mean", values.mean), std: finite("std", values.std) },
    json: values.json,
    help: values.help,
  };
}

function matching(filter) {
  const found = shapes.filter((shape) => searchable(shape).includes(withoutSpaces(filter)));
  if (found.length === 0) throw new Error(`--filter must match a shape, got ${filter}`);
  return found;
}

/** Its name, and what goes without saying there. */
function searchable({ name, op, dtype, layout }) {
  return withoutSpaces([name, op, dtype, layout ?? ""].join("\n"));
}

function withoutSpaces(text) {
  return text.replaceAll(" ", "").toLowerCase();
}

function positiveInteger(name, text) {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a positive integer, got ${text}`);
  return value;
}

function finite(name, text) {
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) throw new Error(`--${name} must be a number, got ${text}`);
  return value;
}
