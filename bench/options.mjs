import { parseArgs } from "node:util";
import { shapes } from "./shapes.mjs";

export const usage = `Usage: npm run bench -- [options]

Times this library, its peers and memory.copy side by side, in short rounds. Takes about two minutes.

  --filter <text>   Only shapes whose name contains the text: "layer", "[128,768]", "/32"
  --rounds <n>      Samples per case; default as many as fit 3 seconds, at least 60
  --quick           Few and short samples: all shapes in half a minute, less exact
  --mean <number>   The mean of x; default 0. Far from it in standard deviations, kernels take another path
  --std <number>    The standard deviation of x; default 1
  --json            Everything that was measured, for machines
  -h, --help        This help
`;

// Samples are shorter than the slices in which a busy system gives its processors away, so that some are whole.
const thorough = { rounds: 60, seconds: 3, sampleSeconds: 0.001, processes: 9 };
const quick = { rounds: 3, seconds: 0.3, sampleSeconds: 0.0005, processes: 3 };

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
    ...(values.rounds === undefined ? {} : { rounds: positiveInteger("rounds", values.rounds), seconds: 0 }),
    shapes: matching(values.filter),
    distribution: { mean: finite("mean", values.mean), std: finite("std", values.std) },
    json: values.json,
    help: values.help,
  };
}

function matching(filter) {
  const found = shapes.filter(({ name }) => withoutSpaces(name).includes(withoutSpaces(filter)));
  if (found.length === 0) throw new Error(`--filter must match a shape, got ${filter}`);
  return found;
}

function withoutSpaces(text) {
  return text.replaceAll(" ", "");
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
