import { closeSync, createReadStream, fstatSync, openSync } from "node:fs";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import type { Environment } from "../environment.js";
import { asArgumentError } from "../system-error.js";
import { readAt } from "./positioned.js";
import { spoolOf } from "./spool.js";

/** An open file that can be read anywhere, which a pipe becomes by way of a spool. */
export interface InputFile {
  readonly fd: number;
  readonly size: number;
  /** What messages call it. */
  readonly name: string;
  close(): void;
}

/** How an input is called in messages. */
export function inputName(path: string): string {
  return path === "-" ? "standard input" : path;
}

/** Opens a file, or standard input for `-`. Throws ArgumentError when it cannot be read. */
export async function openInput(command: string, path: string, environment: Environment): Promise<InputFile> {
  const name = inputName(path);
  try {
    if (path === "-") return await standardInput(name, environment.stdin);
    const fd = openSync(resolve(environment.cwd(), path), "r");
    const status = fstatSync(fd);
    if (status.isFile()) return inputFile(fd, status.size, name, true);
    return await spooled(name, createReadStream("", { fd }));
  } catch (error) {
    throw asArgumentError(command, name, "must be a file that can be read", error);
  }
}

/** `lanenorm ... < file` has a file as good as any. */
async function standardInput(name: string, stdin: Readable & { readonly fd?: number }): Promise<InputFile> {
  const status = stdin.fd === undefined ? undefined : fstatSync(stdin.fd);
  if (status?.isFile()) return inputFile(stdin.fd!, status.size, name, false);
  return spooled(name, stdin);
}

async function spooled(name: string, pieces: AsyncIterable<Uint8Array>): Promise<InputFile> {
  const { fd, size } = await spoolOf(pieces);
  return inputFile(fd, size, name, true);
}

function inputFile(fd: number, size: number, name: string, ours: boolean): InputFile {
  return { fd, size, name, close: () => ours && closeSync(fd) };
}

/** The first `count` bytes, or as many as there are. */
export function beginningOf({ fd }: InputFile, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  return bytes.subarray(0, readAt(fd, bytes, 0));
}
