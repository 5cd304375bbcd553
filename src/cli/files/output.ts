import { randomBytes } from "node:crypto";
import { closeSync, constants, createWriteStream, fchmodSync, openSync, renameSync, rmSync } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { ArgumentError } from "../../errors.js";
import type { Environment } from "../environment.js";
import { print } from "../print.js";
import { asArgumentError } from "../system-error.js";
import { openSpool, piecesOf } from "./spool.js";

/** A file for a result, to be written in any order. */
export interface OutputFile {
  readonly fd: number;
  /** Puts what was written where it belongs. */
  commit(): Promise<void>;
  /** Leaves nothing behind. Does nothing after commit. */
  discard(): void;
}

const fatalSignals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
const expected = "must be a file that can be written";

/**
 * Prepares to write a result to `path`, or to standard output for `-`. A path that cannot be written throws
 * ArgumentError now rather than after the work. The result takes its name only when it is complete; until then it is a
 * temporary file beside it, which failures and signals remove. So the path may also be one that is read.
 */
export async function prepareOutput(
  command: string,
  path: string,
  environment: Environment,
  option = "-o",
): Promise<() => OutputFile> {
  const argument = `${option} ${path}`;
  const fail = (error: unknown) => asArgumentError(command, argument, expected, error);
  try {
    const toFile = () => toPath(command, argument, path, environment.cwd());
    const open = path === "-" ? toStandardOutput(environment) : await toFile();
    return () => withErrors(open, fail);
  } catch (error) {
    throw fail(error);
  }
}

/** The same, failing with our errors. */
function withErrors(open: () => OutputFile, fail: (error: unknown) => unknown): OutputFile {
  try {
    const { fd, commit, discard } = open();
    return {
      fd,
      discard,
      commit: () =>
        commit().catch((error) => {
          throw fail(error);
        }),
    };
  } catch (error) {
    throw fail(error);
  }
}

function toStandardOutput({ stdout }: Environment): () => OutputFile {
  return () =>
    spooled(async (pieces) => {
      for (const piece of pieces) await print(stdout, piece);
    });
}

async function toPath(command: string, argument: string, path: string, directory: string): Promise<() => OutputFile> {
  const absolute = resolve(directory, path);
  const existing = await statusOf(absolute);
  if (existing?.isDirectory() || path.endsWith(sep))
    throw new ArgumentError(command, argument, expected, "a directory");
  if (existing) await access(absolute, constants.W_OK);
  // A device or a pipe has no old contents to protect, and must not be replaced by a file.
  if (existing && !existing.isFile()) return () => spooled((pieces) => pipeline(pieces, createWriteStream(absolute)));

  // A symbolic link stays one: what it leads to is replaced.
  const target = existing ? await realpath(absolute) : absolute;
  await access(dirname(target), constants.W_OK | constants.X_OK);
  return () => replacement(target, existing?.mode);
}

async function statusOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** What can only be written in order gets the result when it is complete. */
function spooled(send: (pieces: Iterable<Uint8Array>) => Promise<void>): OutputFile {
  const fd = openSpool();
  const close = once(() => closeSync(fd));
  return {
    fd,
    discard: close,
    async commit() {
      try {
        await send(piecesOf(fd));
      } finally {
        close();
      }
    },
  };
}

function replacement(target: string, mode: number | undefined): OutputFile {
  const temporary = join(dirname(target), `.lanenorm-${process.pid}-${randomBytes(6).toString("hex")}.tmp`);
  const stopWatching = removeOnSignal(temporary);
  const discard = once((done = false) => {
    stopWatching();
    if (done) return;
    rmSync(temporary, { force: true });
  });
  try {
    // Opened synchronously: an open still under way when a signal comes could create the file after its removal.
    const fd = openSync(temporary, "wx+");
    const close = once(() => closeSync(fd));
    if (mode !== undefined) fchmodSync(fd, mode);
    return {
      fd,
      async commit() {
        close();
        // At once, so that a signal finds either the temporary file or the result.
        renameSync(temporary, target);
        discard(true);
      },
      discard() {
        close();
        discard();
      },
    };
  } catch (error) {
    discard();
    throw error;
  }
}

function once<Arguments extends unknown[]>(act: (...args: Arguments) => void): (...args: Arguments) => void {
  let done = false;
  return (...args) => {
    if (done) return;
    done = true;
    act(...args);
  };
}

/** Removes the file if a signal ends the process, then lets the signal do so. Returns how to call this off. */
function removeOnSignal(path: string): () => void {
  const stop = () => fatalSignals.forEach((signal) => process.off(signal, end));
  const end = (signal: NodeJS.Signals) => {
    rmSync(path, { force: true });
    stop();
    process.kill(process.pid, signal);
  };
  fatalSignals.forEach((signal) => process.on(signal, end));
  return stop;
}
