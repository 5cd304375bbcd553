import { createEngineSync, type Engine, type TensorLike } from "../index.js";
import { formatShape, sizeOf } from "../shape.js";
import { parseCommandLine, takePositionals } from "./arguments.js";
import type { Command } from "./environment.js";
import { formatRate, formatSeconds } from "./format.js";
import { measurePair } from "./measure.js";
import { plainGroupNorm, plainLayerNorm } from "./plain-loops.js";
import { print } from "./print.js";
import { version } from "./version.js";

const summary = "Measure this machine: the kernels against plain JavaScript loops";
const secondsPerCase = 0.9;
const eps = 1e-5;

export const bench: Command = {
  name: "bench",
  summary,
  help: `Usage: lanenorm bench [--json]

${summary}.
Takes about 5 seconds. Times are medians; rates count bytes read and written.

Options:
  --json                    Print the results for machines
  -h, --help                This help
`,

  async run(argv, { stdout }) {
    const { values, positionals } = parseCommandLine(argv, { json: { type: "boolean" } } as const);
    takePositionals(positionals, []);
    const report = measureAll(secondsPerCase);
    await print(stdout, values.json ? `${JSON.stringify(report)}\n` : table(report));
  },
};

/** The same work done twice, each with its result: by the library on resident tensors, by a plain loop on arrays. */
export interface BenchCase {
  readonly name: string;
  readonly shape: readonly number[];
  readonly lanenorm: () => TensorLike;
  readonly plain: () => Float32Array;
}

/** Every case of the benchmark, to be made with an engine of its own. */
export const benchCases: readonly ((engine: Engine) => BenchCase)[] = [
  (engine) => layerNormCase(engine, [1, 768]),
  (engine) => layerNormCase(engine, [512, 768]),
  (engine) => layerNormCase(engine, [4096, 768]),
  (engine) => groupNormCase(engine, [1, 64, 16, 16]),
  (engine) => groupNormCase(engine, [8, 256, 32, 32]),
];

function layerNormCase(engine: Engine, shape: readonly [rows: number, n: number]): BenchCase {
  const { x, weight, bias, out, resident, options } = operands(engine, shape, shape[1]);
  return {
    name: "layer norm",
    shape,
    lanenorm: () => engine.layerNorm(resident, shape[1], options),
    plain: () => {
      plainLayerNorm(x, weight, bias, eps, out);
      return out;
    },
  };
}

function groupNormCase(engine: Engine, shape: readonly [n: number, c: number, h: number, w: number]): BenchCase {
  const numGroups = 32;
  const { x, weight, bias, out, resident, options } = operands(engine, shape, shape[1]);
  return {
    name: `group norm (${numGroups})`,
    shape,
    lanenorm: () => engine.groupNorm(resident, numGroups, options),
    plain: () => {
      plainGroupNorm(x, shape[2] * shape[3], numGroups, weight, bias, eps, out);
      return out;
    },
  };
}

function operands(engine: Engine, shape: readonly number[], parameters: number) {
  const [x, weight, bias] = [spread(sizeOf(shape)), spread(parameters), spread(parameters)];
  return {
    x,
    weight,
    bias,
    out: new Float32Array(x.length),
    resident: engine.tensor(x, shape),
    options: {
      weight: engine.tensor(weight, [parameters]),
      bias: engine.tensor(bias, [parameters]),
      out: engine.empty(shape),
      eps,
    },
  };
}

/** Values from 1 to 2 without a short period: the fractions of multiples of the golden ratio. */
function spread(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => 1 + ((i * 0.6180339887498949) % 1));
}

interface BenchResult {
  readonly name: string;
  readonly shape: readonly number[];
  readonly seconds: number;
  readonly bytesPerSecond: number;
  readonly plainSeconds: number;
  /** How many times as long the plain loop takes. */
  readonly speedup: number;
}

interface BenchReport {
  readonly version: string;
  readonly node: string;
  readonly backend: string;
  readonly results: readonly BenchResult[];
}

function measureAll(seconds: number): BenchReport {
  const engine = createEngineSync();
  try {
    const results = benchCases.map((make) => measureCase(make(engine), seconds));
    return { version: version(), node: process.versions.node, backend: engine.backend, results };
  } finally {
    engine.dispose();
  }
}

function measureCase({ name, shape, lanenorm, plain }: BenchCase, budget: number): BenchResult {
  const [seconds, plainSeconds] = measurePair(lanenorm, plain, budget);
  const bytes = 2 * 4 * sizeOf(shape);
  return { name, shape, seconds, bytesPerSecond: bytes / seconds, plainSeconds, speedup: plainSeconds / seconds };
}

function table({ version, node, backend, results }: BenchReport): string {
  const rows = results.map(({ name, shape, seconds, bytesPerSecond, plainSeconds, speedup }) => [
    `${name} ${formatShape(shape)}`,
    formatSeconds(seconds),
    formatRate(bytesPerSecond),
    formatSeconds(plainSeconds),
    `${speedup.toFixed(1)}x`,
  ]);
  const lines = [["", "lanenorm", "", "plain loop", "speed-up"], ...rows].map(
    ([label, ...cells]) => label!.padEnd(36) + cells.map((cell) => cell.padStart(12)).join(""),
  );
  return `lanenorm ${version}, ${backend}, Node ${node}\n\n${lines.join("\n")}\n`;
}
