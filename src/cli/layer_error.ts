import { snakeCase } from "../convert/words.js";
import { LanenormError } from "../errors.js";

/** An error of the library in the terms of a command line, on which its `argument` is called `nameOf(argument)`. */
export function inCommand(command: string, error: unknown, nameOf: (argument: string) => string): unknown {
  if (!(error instanceof LanenormError)) return error;
  const ErrorClass = error.constructor as typeof LanenormError;
  return new ErrorClass(command, nameOf(error.argument), asTyped(error.expected), error.got);
}

/** Text in which constructors' arguments have the names that layers are typed with: num_groups, not numGroups. */
export function asTyped(text: string): string {
  return text.replace(/\b[a-z]+([A-Z][a-z]*)+\b/g, snakeCase);
}
