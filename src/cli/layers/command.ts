import { parseCommandLine, required, takePositionals, UsageError } from "../arguments.js";
import type { Command } from "../environment.js";
import { wrap } from "../format.js";
import { fileOptions, fileOptionsHelp, type FileValues, normaliseFile } from "../normalise.js";
import type { Layer } from "./layers.js";
import type { LayerOption } from "./option.js";

/** A layer as a command. */
export function layerCommand(layer: Layer): Command {
  const { name, op, summary, options, implied, independent } = layer;
  return {
    name,
    summary,
    help: helpOf(layer),
    async run(argv, environment) {
      const parsed = parseCommandLine(argv, { ...parserOptions(options), ...fileOptions });
      const { positionals } = parsed;
      const values: Readonly<Record<string, string | boolean | undefined>> = parsed.values;
      const [input] = takePositionals(positionals, ["the input file"]);
      const found = options.map((option) => [option, valueOf(option, values[option.flag])] as const);
      const given = found.filter(([, value]) => value !== undefined);
      const ofRole = (role: LayerOption["role"]) => {
        const those = given.filter(([option]) => option.role === role);
        return Object.fromEntries(those.map(([{ flag }, value]) => [camelCase(flag), value]));
      };
      const tensors = ofRole("tensor") as Record<string, string>;
      if ("runningMean" in tensors !== "runningVar" in tensors)
        throw new UsageError("--running-mean and --running-var go together");
      const argument = Object.values(ofRole("argument"));
      const settings = ofRole("option");
      await normaliseFile(
        {
          command: name,
          op,
          input: input!,
          argument,
          options: { ...settings, ...implied?.(tensors) },
          tensors,
          independent: (rank) => independent(rank, argument[0], { ...settings, ...tensors }),
        },
        values as FileValues,
        environment,
      );
    },
  };
}

function parserOptions(options: readonly LayerOption[]) {
  return Object.fromEntries(options.map(({ flag }) => [flag, { type: "string" as const }]));
}

function valueOf({ flag, required: isRequired, parse }: LayerOption, text: string | boolean | undefined): unknown {
  const option = `--${flag}`;
  if (isRequired) return parse(option, required(option, text as string | undefined));
  return text === undefined ? undefined : parse(option, text as string);
}

/** `running-mean` as `runningMean`. */
function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function helpOf({ name, summary, shapes, options, example }: Layer): string {
  const mandatory = options
    .filter(({ required }) => required)
    .map(({ flag, placeholder }) => ` --${flag} ${placeholder}`);
  const lines = options.map(({ flag, placeholder, help }) => `  ${`--${flag} ${placeholder}`.padEnd(25)} ${help}\n`);
  return `Usage: lanenorm ${name} <input>${mandatory.join("")} -o <output>

${summary}.
${shapes && `${wrap(shapes)}\n`}
  ${exampleOf(`lanenorm ${name} x.npy ${example} -o y.npy`)}

Options:
${lines.join("")}${fileOptionsHelp}`;
}

/** In lines of a terminal's width, as a shell reads it. */
function exampleOf(commandLine: string): string {
  return wrap(commandLine).replaceAll("\n", " \\\n      ");
}
