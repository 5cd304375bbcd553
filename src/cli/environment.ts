import type { Readable, Writable } from "node:stream";

/** What a command knows of the world outside; `process` is one. */
export interface Environment {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  cwd(): string;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly help: string;
  /** Does the work; resolves when it is good. Throws UsageError or LanenormError. */
  run(argv: readonly string[], environment: Environment): Promise<void>;
}
