import { UsageError } from "./arguments.js";
import { bench } from "./bench.js";
import { compare } from "./compare.js";
import { convert } from "./convert.js";
import type { Command, Environment } from "./environment.js";
import { info } from "./info.js";
import { layerCommand } from "./layers/command.js";
import { layers } from "./layers/layers.js";
import { print } from "./print.js";
import { version } from "./version.js";

const commands: readonly Command[] = [...layers.map(layerCommand), convert, compare, bench, info];

/**
 * Runs the command line `argv` (without node and script) and resolves to its exit code: 0 good, 1 failed, 2 usage.
 * Results go to standard output, everything else to standard error.
 */
export async function run(argv: readonly string[], environment: Environment): Promise<number> {
  const [first, ...rest] = argv[0] === "help" && argv.length > 1 ? [argv[1], "--help"] : argv;
  const command = commands.find(({ name }) => name === first);
  try {
    await (command ? runCommand(command, rest, environment) : runAlone(first, environment));
    return 0;
  } catch (error) {
    return reportError(error, command, environment);
  }
}

async function runCommand(command: Command, argv: readonly string[], environment: Environment): Promise<void> {
  if (argv.includes("--help") || argv.includes("-h")) await print(environment.stdout, command.help);
  else await command.run(argv, environment);
}

/** What can be said without a command. */
async function runAlone(argument: string | undefined, { stdout }: Environment): Promise<void> {
  if (argument === "--help" || argument === "-h" || argument === "help") await print(stdout, help());
  else if (argument === "--version" || argument === "-v") await print(stdout, `${version()}\n`);
  else if (argument === undefined) throw new UsageError("a command is missing");
  else throw new UsageError(`unknown ${argument.startsWith("-") ? "option" : "command"} '${argument}'`);
}

function help(): string {
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(22)}${summary}`).join("\n");
  return `Usage: lanenorm <command> [options]

Normalisation layers, as in PyTorch, on files of tensors: .npy, .npz and .safetensors.

Commands:
${list}

Options:
  -h, --help      This help; after a command, the command's own, as 'help <command>'
  -v, --version   The version

Exit codes: 0 good, 1 failed, 2 wrong usage.
`;
}

function reportError(error: unknown, command: Command | undefined, { stderr }: Environment): number {
  if (isClosedPipe(error)) return 0;
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof UsageError)) {
    stderr.write(`lanenorm: ${message}\n`);
    return 1;
  }
  const full = command ? `lanenorm ${command.name}` : "lanenorm";
  stderr.write(`${full}: ${message}\nTry '${full} --help'.\n`);
  return 2;
}

/** Whoever read our output has seen enough, like `| head`: they failed at nothing, and neither did we. */
function isClosedPipe(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === "EPIPE";
}
