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
  /** The command that reads it, and what messages call it. */
  readonly command: string;
  readonly name: string;
  close(): void;
}

/** Opens a file, or standard input for `-`. Throws ArgumentError when it cannot be read. */
export async function openInput(command: string, path: string, environment: Environment): Promise<InputFile> {
  const name = path === "-" ? "standard input" : path;
  const own = (fd: number, size: number): InputFile => ({ fd, size, command, name, close: () => closeSync(fd) });
  const spooled = async (pieces: AsyncIterable<Uint8Array>) => {
    const { fd, size } = await spoolOf(command, pieces);
    return own(fd, size);
  };
  try {
    if (path === "-") {
      const status = statusOf(environment.stdin);
      if (!status) return await spooled(environment.stdin);
      return { ...own(status.fd, status.size), close: () => undefined };
    }
    const fd = openSync(resolve(environment.cwd(), path), "r");
    const status = fstatSync(fd);
    return status.isFile() ? own(fd, status.size) : await spooled(createReadStream("", { fd }));
  } catch (error) {
    throw asArgumentError(command, name, "must be a file that can be read", error);
  }
}

/** `lanenorm ... < file` has a file that is as good as any; undefined for pipes and terminals. */
function statusOf({ fd }: Readable & { readonly fd?: number }): { fd: number; size: number } | undefined {
  if (fd === undefined) return undefined;
  const status = fstatSync(fd);
  return status.isFile() ? { fd, size: status.size } : undefined;
}

/** `count` bytes from `begin` on, or as many as there are. */
export function bytesIn({ fd }: InputFile, begin: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  return bytes.subarray(0, readAt(fd, bytes, begin));
}
