import { randomBytes } from "node:crypto";
import { closeSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeAt } from "./positioned.js";

/** A new file without a name: it is gone when it is closed, or when the process ends, however that ends. */
export function openSpool(): number {
  const path = join(tmpdir(), `lanenorm-${process.pid}-${randomBytes(6).toString("hex")}`);
  const fd = openSync(path, "wx+", 0o600);
  rmSync(path);
  return fd;
}

/** A spool of what a pipe says, which can be read only once and in order. */
export async function spoolOf(pieces: AsyncIterable<Uint8Array>): Promise<{ fd: number; size: number }> {
  const fd = openSpool();
  let size = 0;
  try {
    for await (const piece of pieces) {
      writeAt(fd, piece, size);
      size += piece.length;
    }
    return { fd, size };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
