import { ArgumentError, LanenormError } from "../errors.js";

/**
 * The system's error about a path, as ours: `must be a file that can be read, got no such file or directory (ENOENT)`.
 * Other errors come back as they are, and so does EPIPE: a reader that has gone away is nobody's mistake.
 */
export function asArgumentError(command: string, argument: string, expected: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof LanenormError || code === undefined || code === "EPIPE") return error;
  return new ArgumentError(command, argument, expected, `${reason(message)} (${code})`);
}

/** Of `ENOENT: no such file or directory, open '/some/path'` the words; the path is in our message already. */
function reason(message: string): string {
  return message.replace(/^[A-Z0-9]+: /, "").replace(/, [a-z]+( '.*)?$/s, "");
}
