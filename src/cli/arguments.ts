import { parseArgs, type ParseArgsConfig } from "node:util";

/** The command line itself makes no sense: exit 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

type Options = NonNullable<ParseArgsConfig["options"]>;
type Settings<O> = { args: string[]; options: O; allowPositionals: true; strict: true };
type CommandLine<O extends Options> = ReturnType<typeof parseArgs<Settings<O>>>;

/** node:util's parseArgs, with its complaints as UsageErrors. */
export function parseCommandLine<O extends Options>(argv: readonly string[], options: O): CommandLine<O> {
  try {
    return parseArgs({ args: withNegativeValues(argv, options), options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(firstSentence((error as Error).message));
  }
}

/**
 * `--dim -1` as `--dim=-1`: parseArgs would take the value for an option. Likewise `-o -:key`; and `-:key` by itself as
 * the argument that it is.
 */
function withNegativeValues(argv: readonly string[], options: Options): string[] {
  const args: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const [argument, next = ""] = [argv[at]!, argv[at + 1]];
    const name = Object.keys(options).find((key) => spellingsOf(key, options[key]!).includes(argument));
    const isValue = /^-(\d|\.\d|:|inf)/i.test(next);
    if (name !== undefined && options[name]!.type === "string" && isValue) {
      args.push(`--${name}=${next}`);
      at++;
    } else args.push(argument.startsWith("-:") ? `./${argument}` : argument);
  }
  return args;
}

function spellingsOf(name: string, { short }: Options[string]): string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}

/** parseArgs follows its complaint with advice about `--` and JSON quoting, which helps nobody here. */
function firstSentence(message: string): string {
  return message.split(/\.\s|\n/, 1)[0]!.replace(/\.$/, "");
}

/** Exactly the positionals that `names` lists. */
export function takePositionals(positionals: readonly string[], names: readonly string[]): string[] {
  if (positionals.length < names.length) throw new UsageError(`${names[positionals.length]} is missing`);
  if (positionals.length > names.length) throw new UsageError(`unexpected argument '${positionals[names.length]}'`);
  return [...positionals];
}

export function required(option: string, value: string | undefined): string {
  if (value === undefined || value === "") throw new UsageError(`${option} is missing`);
  return value;
}

/** `768`, `6,10,10`, and as PyTorch prints it, `[6, 10, 10]`. */
export function parseShape(option: string, text: string): number[] {
  const list = /^\[(.*)\]$/.exec(text.trim())?.[1] ?? text;
  return list.split(",").map((size) => parseCount(option, size.trim()));
}

/** A whole number, 0 or more. */
export function parseCount(option: string, text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(count)) throw new UsageError(`${option} takes whole numbers, got '${text}'`);
  return count;
}

/** A whole number, which may count from the end. */
export function parseInteger(option: string, text: string): number {
  const integer = /^-?\d+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(integer)) throw new UsageError(`${option} takes whole numbers, got '${text}'`);
  return integer;
}

/** A number; infinity as NumPy and Python write it, too. */
export function parseNumber(option: string, text: string): number {
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text.trim());
  const number = infinite ? Number(`${infinite[1]}Infinity`) : text.trim() === "" ? NaN : Number(text);
  if (Number.isNaN(number)) throw new UsageError(`${option} takes a number, got '${text}'`);
  return number;
}

/** A whole number above 0. */
export function parsePositiveCount(option: string, text: string): number {
  const count = parseCount(option, text);
  if (count === 0) throw new UsageError(`${option} takes whole numbers above 0, got '${text}'`);
  return count;
}

/** A number above 0. */
export function parsePositive(option: string, text: string): number {
  const number = parseNumber(option, text);
  if (!(number > 0)) throw new UsageError(`${option} takes a number above 0, got '${text}'`);
  return number;
}

export function parseChoice<C extends string>(option: string, text: string, choices: readonly C[]): C {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) throw new UsageError(`${option} takes ${choices.join(", ")}, got '${text}'`);
  return choice;
}
