import { formatShape } from "../shape.js";
import type { TensorLike } from "../tensor.js";
import { parseChoice, required, UsageError } from "./arguments.js";
import type { Environment } from "./environment.js";
import { bytesOf, type FileTensor } from "./files/file_tensor.js";
import { openTensor } from "./files/open_tensor.js";
import { prepareOutput } from "./files/output.js";
import { readParameter } from "./files/parameter.js";
import { parseReference } from "./files/reference.js";
import { beginTensor, checkName, checkNothingLost } from "./files/result.js";
import { formatBytes, formatRate, formatSeconds } from "./format.js";
import { inCommand } from "./layer_error.js";
import { perform } from "./perform.js";
import { print } from "./print.js";
import { type Call, checkCall, type OpName, type Task } from "./task.js";

/** What every command takes that normalises a file. */
export const fileOptions = {
  backend: { type: "string" },
  output: { type: "string", short: "o" },
  json: { type: "boolean" },
} as const;

/** The lines of help for `fileOptions`. */
export const fileOptionsHelp = `  -o, --output <file>       The result, of the input's shape and dtype. Required
  --backend <name>          auto, wasm or js (default: auto, which prefers wasm)
  --json                    Print a summary for machines
  -h, --help                This help

Files are .npy, .npz:key and .safetensors:key; the key may be left out where there is
one tensor only. The result is .npy or .safetensors:key, by its name. "-" is standard
input or output, "-:key" where it has keys. Tensors stream through memory, so they may
be larger than it. The output may be one of the inputs: it is written to a temporary
file and renamed, so it is never left half-written. The summary's seconds are those of
reading, normalising and writing, its rate counts bytes read and written.
`;

/** The values parseArgs finds for `fileOptions`. */
export interface FileValues {
  readonly backend?: string;
  readonly output?: string;
  readonly json?: boolean;
}

/** What is asked for. Tensors are references to files. */
export interface Order {
  readonly command: string;
  readonly op: OpName;
  readonly input: string;
  readonly argument: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, string>>;
  /** How many of the input's first dimensions hold nothing that shares statistics, if it has `rank` in all. */
  independent(rank: number): number;
}

/** Reads the input, applies the operation, writes the result, and says so. */
export async function normaliseFile(order: Order, values: FileValues, environment: Environment): Promise<void> {
  const { command, op, input, argument, options, tensors } = order;
  const output = required("-o", values.output);
  const backend = parseChoice("--backend", values.backend ?? "auto", ["auto", "wasm", "js"]);
  if ([input, ...Object.values(tensors)].filter((path) => path === "-").length > 1)
    throw new UsageError("standard input can be read only once");

  const target = parseReference(output);
  checkName(target);
  const openOutput = await prepareOutput(command, target.path, environment);
  checkNothingLost(command, target, environment.cwd());
  const start = performance.now();
  const opened = await openTensor(command, input, environment);
  const { dtype, shape } = opened.info;
  try {
    const parameters: Record<string, TensorLike> = {};
    for (const [name, reference] of Object.entries(tensors))
      parameters[name] = await readParameter(command, reference, dtype, environment);
    const call: Call = { op, argument, options: { ...options, ...parameters }, backend };
    check(order, call, opened.info);
    const x = opened.tensor();
    const file = openOutput();
    try {
      const task: Task = { ...call, x, out: beginTensor(command, target, file.fd, x) };
      const done = await perform(task, order.independent(shape.length), environment.stderr);
      await file.commit();
      const seconds = (performance.now() - start) / 1000;
      await report({ command, input, shape, dtype, output, ...done, seconds }, values, environment);
    } finally {
      file.discard();
    }
  } finally {
    opened.close();
  }
}

/** Throws what is wrong with a call in the words of the command line: of the input by its name, of all else as options. */
function check({ command, input }: Order, call: Call, info: Pick<FileTensor, "dtype" | "shape">): void {
  try {
    checkCall(call, info);
  } catch (error) {
    throw inCommand(command, error, (argument) => (argument === "x" ? input : optionNamed(argument)));
  }
}

/** `--num-groups` for `numGroups`. */
function optionNamed(argument: string): string {
  return `--${argument.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

interface Summary extends Pick<FileTensor, "shape" | "dtype"> {
  readonly command: string;
  readonly input: string;
  readonly output: string;
  readonly backend: string;
  readonly seconds: number;
}

/** Bytes below which a rate is not shown. */
const SMALL = 10e6;

/** For machines on standard output, unless that is where the result went; for people on standard error. */
async function report(summary: Summary, { json }: FileValues, { stdout, stderr }: Environment): Promise<void> {
  const { shape, dtype, output, seconds } = summary;
  const bytes = bytesOf(summary);
  const bytesPerSecond = (2 * bytes) / seconds;
  const toStandardOutput = output === "-";
  if (json) {
    const line = `${JSON.stringify({ ...summary, bytesPerSecond })}\n`;
    return print(toStandardOutput ? stderr : stdout, line);
  }
  const target = toStandardOutput ? "standard output" : output;
  const what = `${dtype} ${formatShape(shape)} (${formatBytes(bytes)})`;
  // The first call of a process compiles the kernels: the rate of a small tensor says little else.
  const rate = bytes < SMALL ? "" : `, ${formatRate(bytesPerSecond)}`;
  stderr.write(`normalised ${what} in ${formatSeconds(seconds)}${rate} -> ${target}\n`);
}
