import { FormatError } from "../errors.js";
import { createEngineSync, type Engine, type TensorLike } from "../index.js";
import { readNpy } from "../io/npy.js";
import { npyHeader } from "../io/npy-header.js";
import { formatShape } from "../shape.js";
import { parseChoice, parseNumber, required, UsageError } from "./arguments.js";
import type { Environment } from "./environment.js";
import { formatBytes, formatRate, formatSeconds } from "./format.js";
import { inputName, readInput } from "./input.js";
import { narrowed } from "./narrow.js";
import { prepareOutput } from "./output.js";
import { print } from "./print.js";

/** What every command takes that normalises a file. */
export const fileOptions = {
  weight: { type: "string" },
  bias: { type: "string" },
  eps: { type: "string" },
  backend: { type: "string" },
  output: { type: "string", short: "o" },
  json: { type: "boolean" },
} as const;

/** The lines of help for `fileOptions`. */
export const fileOptionsHelp = `  -o, --output <file>       Where the result goes: float32, of the input's shape. Required
  --weight <file>           The scale, gamma (default: ones)
  --bias <file>             The offset, beta (default: zeros)
  --eps <number>            Added to the variance (default: 1e-5)
  --backend <name>          auto, wasm or js (default: auto, which prefers wasm)
  --json                    Print a summary for machines
  -h, --help                This help

Files are .npy of float32; float64 is rounded to float32. "-" is standard input or
output. The output may be one of the inputs. It is written to a temporary file and
renamed, so it is never left half-written. The summary's seconds are the
normalisation's own, its rate counts bytes read and written.
`;

/** The values parseArgs finds for `fileOptions`. */
export interface FileValues {
  readonly weight?: string;
  readonly bias?: string;
  readonly eps?: string;
  readonly backend?: string;
  readonly output?: string;
  readonly json?: boolean;
}

/** What `fileOptions` become for the operation. `out` is x itself: the file's copy in memory is ours to overwrite. */
export interface OperationOptions {
  readonly weight?: TensorLike;
  readonly bias?: TensorLike;
  readonly eps?: number;
  readonly out: TensorLike;
}

export type Operation = (engine: Engine, x: TensorLike, options: OperationOptions) => void;

/** Reads the input, applies the operation, writes the result, and says so. */
export async function normaliseFile(
  command: string,
  input: string,
  values: FileValues,
  operation: Operation,
  environment: Environment,
): Promise<void> {
  const output = required("-o", values.output);
  const backend = parseChoice("--backend", values.backend ?? "auto", ["auto", "wasm", "js"]);
  const eps = values.eps === undefined ? undefined : parseNumber("--eps", values.eps);
  if ([input, values.weight, values.bias].filter((path) => path === "-").length > 1)
    throw new UsageError("standard input can be read only once");

  const write = await prepareOutput(command, output, environment);
  const x = await readTensor(command, input, environment);
  const weight = values.weight === undefined ? undefined : await readTensor(command, values.weight, environment);
  const bias = values.bias === undefined ? undefined : await readTensor(command, values.bias, environment);
  const timing = time(backend, (engine) => operation(engine, x, { weight, bias, eps, out: x }));
  await write([npyHeader("float32", x.shape), new Uint8Array(x.data.buffer, x.data.byteOffset, x.data.byteLength)]);
  await report({ command, input, shape: x.shape, output, ...timing }, values.json ?? false, environment);
}

async function readTensor(command: string, path: string, environment: Environment): Promise<TensorLike> {
  const name = inputName(path);
  const { data, shape } = await readNpy(await readInput(command, path, environment), { name });
  if (data instanceof Float32Array) return { data, shape };
  if (!(data instanceof Float64Array))
    throw new FormatError("readNpy", name, "must hold float32 or float64", "float16");
  const { narrow, note } = narrowed(data);
  environment.stderr.write(`lanenorm: ${name}: ${note}\n`);
  return { data: narrow, shape };
}

function time(backend: "auto" | "wasm" | "js", work: (engine: Engine) => void): { backend: string; seconds: number } {
  const engine = createEngineSync({ backend });
  try {
    const start = performance.now();
    work(engine);
    return { backend: engine.backend, seconds: (performance.now() - start) / 1000 };
  } finally {
    engine.dispose();
  }
}

interface Summary {
  readonly command: string;
  readonly input: string;
  readonly shape: readonly number[];
  readonly output: string;
  readonly backend: string;
  readonly seconds: number;
}

/** Bytes below which a rate is not shown. */
const SMALL = 10e6;

/** For machines on standard output, unless that is where the result went; for people on standard error. */
async function report(summary: Summary, json: boolean, { stdout, stderr }: Environment): Promise<void> {
  const { shape, output, seconds } = summary;
  const bytes = 4 * shape.reduce((product, size) => product * size, 1);
  const bytesPerSecond = (2 * bytes) / seconds;
  const toStandardOutput = output === "-";
  if (json) {
    const line = `${JSON.stringify({ ...summary, bytesPerSecond })}\n`;
    return print(toStandardOutput ? stderr : stdout, line);
  }
  const target = toStandardOutput ? "standard output" : output;
  const what = `${formatShape(shape)} (${formatBytes(bytes)})`;
  // The first call of a process compiles the kernels: the rate of a small tensor says little else.
  const rate = bytes < SMALL ? "" : `, ${formatRate(bytesPerSecond)}`;
  stderr.write(`normalised ${what} in ${formatSeconds(seconds)}${rate} -> ${target}\n`);
}
