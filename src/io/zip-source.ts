import type { Bytes } from "./source.js";

/** What one read of an entry's data asks for. */
const chunkBytes = 2 ** 16;

/** A file's bytes as the ZIP library wants to read them. */
export class ZipSource {
  readonly size: number;
  /** Why the bytes could not be read, if so: that is nothing the file did. */
  failure: unknown;
  readonly #bytes: Bytes;

  constructor(bytes: Bytes) {
    this.size = bytes.size;
    this.#bytes = bytes;
  }

  /** What there is of `length` bytes at `offset`: offsets that an archive names may lie outside it. */
  async readUint8Array(offset: number, length: number): Promise<Uint8Array> {
    const begin = Math.min(Math.max(offset, 0), this.size);
    const end = Math.min(Math.max(offset + length, begin), this.size);
    try {
      return await this.#bytes.read(begin, end);
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  createReadable({ offset = 0, size }: { offset?: number; size?: number } = {}): ReadableStream<Uint8Array> {
    let at = offset;
    const end = size === undefined ? this.size : offset + size;
    return new ReadableStream({
      pull: async (controller) => {
        const chunk = await this.readUint8Array(at, Math.min(chunkBytes, end - at));
        at += chunk.length;
        if (chunk.length > 0) controller.enqueue(chunk);
        else controller.close();
      },
    });
  }
}
