import { FormatError } from "../../errors.js";
import type { BlobLike } from "../../io/source.js";
import type { InputFile } from "./input.js";
import { readAt } from "./positioned.js";

/** A part of an open file as a Blob, for readers that want one. */
export class FileBlob implements BlobLike {
  readonly size: number;
  readonly name: string;
  readonly #file: InputFile;
  readonly #begin: number;

  constructor(file: InputFile, begin = 0, end = file.size) {
    this.size = end - begin;
    this.name = file.name;
    this.#file = file;
    this.#begin = begin;
  }

  slice(begin: number, end: number): FileBlob {
    return new FileBlob(this.#file, this.#begin + begin, this.#begin + Math.min(end, this.size));
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const buffer = new ArrayBuffer(this.size);
    const read = readAt(this.#file.fd, new Uint8Array(buffer), this.#begin);
    if (read === this.size) return buffer;
    throw new FormatError(this.#file.command, this.name, `must go on to byte ${this.#begin + this.size}`, "its end");
  }
}
