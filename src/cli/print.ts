import type { Writable } from "node:stream";

/** Writes to a stream that stays open. Resolves when it is written, rejects if it could not be. */
export function print(stream: Writable, contents: string | Uint8Array): Promise<void> {
  return new Promise((done, fail) => {
    stream.write(contents, (error) => (error ? fail(error) : done()));
  });
}
