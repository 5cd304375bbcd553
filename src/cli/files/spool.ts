import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asArgumentError } from "../system-error.js";
import { readAt, writeAt } from "./positioned.js";

/** Bytes that are read at a time. */
const PIECE_BYTES = 2 ** 20;

/** A new file without a name: it is gone when it is closed, or when the process ends, however that ends. */
export function openSpool(): number {
  const path = join(tmpdir(), `lanenorm-${process.pid}-${randomBytes(6).toString("hex")}`);
  const fd = openSync(path, "wx+", 0o600);
  rmSync(path);
  return fd;
}

/** A spool of what a pipe says, which can be read only once and in order. */
export async function spoolOf(
  command: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<{ fd: number; size: number }> {
  const fd = openSpool();
  let size = 0;
  try {
    for await (const piece of pieces) {
      writeSpool(command, fd, piece, size);
      size += piece.length;
    }
    return { fd, size };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Writes to a spool. Throws ArgumentError, naming the folder, where that is full. */
export function writeSpool(command: string, fd: number, bytes: Uint8Array, position: number): void {
  try {
    writeAt(fd, bytes, position);
  } catch (error) {
    throw asArgumentError(command, `the temporary folder ${tmpdir()}`, "must have room for a copy", error);
  }
}

/** All of a spool, in order. Not by a stream, which would close it. */
export function* piecesOf(fd: number): Generator<Uint8Array, void, undefined> {
  const { size } = fstatSync(fd);
  for (let begin = 0; begin < size; begin += PIECE_BYTES) {
    const piece = new Uint8Array(Math.min(PIECE_BYTES, size - begin));
    yield piece.subarray(0, readAt(fd, piece, begin));
  }
}
