import { type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { OutOfMemoryError } from "../errors.js";
import type { Environment } from "./environment.js";
import { formatBytes } from "./format.js";
import { asArgumentError } from "./system-error.js";

const chunkBytes = 2 ** 26; // one call reads less than 2^31 bytes

/** How an input is called in messages. */
export function inputName(path: string): string {
  return path === "-" ? "standard input" : path;
}

/** The bytes of a file or pipe; of standard input for `-`. Throws ArgumentError when they cannot be read. */
export async function readInput(command: string, path: string, environment: Environment): Promise<Uint8Array> {
  try {
    if (path === "-") return await joinAll(environment.stdin);
    return await readFile(command, path, resolve(environment.cwd(), path));
  } catch (error) {
    throw asArgumentError(command, inputName(path), "must be a file that can be read", error);
  }
}

async function readFile(command: string, path: string, absolute: string): Promise<Uint8Array> {
  const handle = await open(absolute);
  try {
    const status = await handle.stat();
    if (!status.isFile()) return await joinAll(handle.createReadStream({ autoClose: false }));
    return await readAll(handle, allocate(command, path, status.size));
  } finally {
    await handle.close();
  }
}

async function readAll(handle: FileHandle, bytes: Uint8Array): Promise<Uint8Array> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, Math.min(chunkBytes, bytes.length - filled));
    if (bytesRead === 0) break; // the file has shrunk; its parser will find it truncated
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

async function joinAll(stream: Readable): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

function allocate(command: string, path: string, size: number): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch {
    throw new OutOfMemoryError(command, path, "must fit in memory", formatBytes(size));
  }
}
