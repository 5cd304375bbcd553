import { convertParameters, formatNormSpec, type NormSpec } from "../convert/index.js";
import { ArgumentError, FormatError, LanenormError } from "../errors.js";
import { formatShape } from "../shape.js";
import type { TensorLike } from "../tensor.js";
import { parseCommandLine, parseShape, required, takePositionals, UsageError } from "./arguments.js";
import type { Command, Environment } from "./environment.js";
import { fileOf } from "./files/choose_key.js";
import { openInput } from "./files/input.js";
import { prepareOutput } from "./files/output.js";
import { openState, type StateFile } from "./files/state_file.js";
import { parseLayer } from "./layer_argument.js";
import { inCommand } from "./layer_error.js";
import { print } from "./print.js";
import { shapeFor } from "./shape_for.js";
import { asArgumentError } from "./system-error.js";

const summary = "Turn the parameters of one layer into those of another";
const name = "convert";

export const convert: Command = {
  name,
  summary,
  help: `Usage: lanenorm convert <input> --from <layer> --to <layer> -o <output>

${summary}, in a file of tensors,
where both compute the same. Layers are written as in PyTorch.

  lanenorm convert model.safetensors --from 'GroupNorm(1, 6)' \\
      --to 'LayerNorm([6, 10, 10])' --prefix encoder.norm. -o converted.safetensors

Options:
  --from <layer>            The layer that the file has. Required
  --to <layer>              The layer that it shall have. Required
  --prefix <text>           What the keys of the layer begin with (default: nothing)
  --shape <n,..>            The shape of the layers' input, where they do not tell
  -o, --output <file>       The result. Required
  --json                    Print a summary for machines
  -h, --help                This help

Files are .safetensors or .npz, and the result is what the input is. Everything but the
weight and bias of the layer is copied as it is. What cannot be converted without a
change, like a LayerNorm's weight that varies over locations to a GroupNorm's, is an
error that says where and by how much. "-" is standard input or output.
`,

  async run(argv, environment) {
    const { values, positionals } = parseCommandLine(argv, {
      from: { type: "string" },
      to: { type: "string" },
      prefix: { type: "string" },
      shape: { type: "string" },
      output: { type: "string", short: "o" },
      json: { type: "boolean" },
    } as const);
    const [input] = takePositionals(positionals, ["the input file"]);
    const from = parseLayer(required("--from", values.from));
    const to = parseLayer(required("--to", values.to));
    const output = required("-o", values.output);
    const shape = values.shape === undefined ? shapeFor(from, to) : parseShape("--shape", values.shape);
    if (!shape) throw new UsageError("--shape is missing: the layers do not tell the shape of their input");
    const { prefix = "" } = values;
    const shapeName = values.shape === undefined ? "an input of both layers" : "--shape";
    const order: Order = { input: input!, output, from, to, shape, shapeName, prefix };
    const keys = await convertFile(order, environment);
    await report(order, keys, values.json ?? false, environment);
  },
};

interface Order {
  readonly input: string;
  readonly output: string;
  readonly from: NormSpec;
  readonly to: NormSpec;
  readonly shape: readonly number[];
  /** What errors call the shape: it may be nothing that anybody typed. */
  readonly shapeName: string;
  readonly prefix: string;
}

/** Returns the keys that the new layer has. */
async function convertFile(order: Order, environment: Environment): Promise<string[]> {
  const { input, output } = order;
  const openOutput = await prepareOutput(name, output, environment);
  const file = await openInput(name, input, environment);
  try {
    const state = await openState(file);
    checkExtension(output, state);
    const changes = await changesOf(order, state);
    const target = openOutput();
    try {
      await state.rewrite(target.fd, changes);
      await target.commit();
    } catch (error) {
      throw asArgumentError(name, `-o ${output}`, "must be a file that can be written", error);
    } finally {
      target.discard();
    }
    return [...changes].filter(([, tensor]) => tensor !== null).map(([key]) => key);
  } finally {
    file.close();
  }
}

/** A result that is not what its name says would be read by nobody. */
function checkExtension(output: string, { extension }: StateFile): void {
  const [given] = /\.[a-z]+$/i.exec(output) ?? [extension];
  if (output === "-" || given.toLowerCase() === extension) return;
  throw new ArgumentError(name, `-o ${output}`, `must be ${extension}, as the input is`, given);
}

/** The parameters that the new layer has, and null for those that it has not. */
async function changesOf(order: Order, state: StateFile): Promise<Map<string, TensorLike | null>> {
  const { from, to, shape, prefix } = order;
  const [weightKey, biasKey] = [`${prefix}weight`, `${prefix}bias`];
  const read = async (key: string) => (state.keys.includes(key) ? state.read(key) : null);
  const parameters = { weight: await read(weightKey), bias: await read(biasKey) };
  try {
    const { weight, bias } = convertParameters(from, to, shape, parameters);
    return new Map([
      [weightKey, weight],
      [biasKey, bias],
    ]);
  } catch (error) {
    throw inTheFile(error, order, state.keys);
  }
}

/** An error of convertParameters in the terms of the command line. */
function inTheFile(error: unknown, { input, from, prefix, shapeName }: Order, keys: readonly string[]): unknown {
  const argument = error instanceof LanenormError ? error.argument : undefined;
  if (argument !== "weight" && argument !== "bias")
    return inCommand(name, error, (argument) => (argument === "shape" ? shapeName : `--${argument}`));
  const key = `${prefix}${argument}`;
  if (keys.includes(key)) return inCommand(name, error, () => `${input}:${key}`);
  // Those that begin alike are the likeliest to be meant.
  const nearest = [...keys].sort((a, b) => Number(b.startsWith(prefix)) - Number(a.startsWith(prefix)));
  return new FormatError(
    name,
    input,
    `must hold ${key}, as ${formatNormSpec(from)} has a ${argument}`,
    fileOf(nearest),
  );
}

async function report(
  { input, output, from, to, shape }: Order,
  keys: readonly string[],
  json: boolean,
  { stdout, stderr }: Environment,
): Promise<void> {
  const layers = { from: formatNormSpec(from), to: formatNormSpec(to) };
  const toStandardOutput = output === "-";
  if (json) {
    const line = `${JSON.stringify({ command: name, input, output, ...layers, shape, keys })}\n`;
    return print(toStandardOutput ? stderr : stdout, line);
  }
  const what = keys.length > 0 ? keys.join(" and ") : "no parameters";
  const target = toStandardOutput ? "standard output" : output;
  stderr.write(`converted ${layers.from} to ${layers.to} on ${formatShape(shape)}: ${what} -> ${target}\n`);
}
