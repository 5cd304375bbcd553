import { randomBytes } from "node:crypto";
import { constants, createWriteStream, fchmodSync, openSync, rmSync } from "node:fs";
import { access, realpath, rename, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { ArgumentError } from "../errors.js";
import type { Environment } from "./environment.js";
import { print } from "./print.js";
import { asArgumentError } from "./system-error.js";

/** A file's contents, piece by piece. */
export type Parts = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Writes one result, whole or not at all. */
export type Write = (parts: Parts) => Promise<void>;

const chunkBytes = 2 ** 26; // one call writes less than 2^31 bytes
const fatalSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const expected = "must be a file that can be written";

/**
 * Prepares to write a result to `path`, or to standard output for `-`. A path that cannot be written throws
 * ArgumentError now rather than after the work. The result takes its name only when it is complete; until then it is a
 * temporary file beside it, which failures and signals remove. So the path may also be one that is read.
 */
export async function prepareOutput(command: string, path: string, environment: Environment): Promise<Write> {
  const argument = `-o ${path}`;
  try {
    const write = path === "-" ? toStandardOutput(environment) : await toPath(command, path, environment.cwd());
    return (parts) =>
      write(chunks(parts)).catch((error) => {
        throw asArgumentError(command, argument, expected, error);
      });
  } catch (error) {
    throw asArgumentError(command, argument, expected, error);
  }
}

function toStandardOutput({ stdout }: Environment): Write {
  return async (parts) => {
    for await (const part of parts) await print(stdout, part);
  };
}

async function toPath(command: string, path: string, directory: string): Promise<Write> {
  const absolute = resolve(directory, path);
  const existing = await statusOf(absolute);
  if (existing?.isDirectory() || path.endsWith(sep))
    throw new ArgumentError(command, `-o ${path}`, expected, "a directory");
  if (existing) await access(absolute, constants.W_OK);
  // A device or a pipe has no old contents to protect, and must not be replaced by a file.
  if (existing && !existing.isFile()) return (parts) => pipeline(parts, createWriteStream(absolute));

  // A symbolic link stays one: what it leads to is replaced.
  const target = existing ? await realpath(absolute) : absolute;
  await access(dirname(target), constants.W_OK | constants.X_OK);
  return (parts) => replaceFile(target, existing?.mode, parts);
}

async function statusOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function replaceFile(target: string, mode: number | undefined, parts: Parts): Promise<void> {
  const temporary = join(dirname(target), `.lanenorm-${process.pid}-${randomBytes(6).toString("hex")}.tmp`);
  const stopWatching = removeOnSignal(temporary);
  try {
    // Opened synchronously: an open still under way when a signal comes could create the file after its removal.
    const fd = openSync(temporary, "wx");
    if (mode !== undefined) fchmodSync(fd, mode);
    await pipeline(parts, createWriteStream(temporary, { fd }));
    await rename(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    stopWatching();
  }
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

async function* chunks(parts: Parts): AsyncGenerator<Uint8Array> {
  for await (const part of parts)
    for (let start = 0; start < part.length; start += chunkBytes) yield part.subarray(start, start + chunkBytes);
}
