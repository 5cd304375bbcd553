import type { Stored } from "../../engine/stored.js";
import { FormatError } from "../../errors.js";
import { asArgumentError } from "../system-error.js";
import { bytesPerElement, type FileTensor } from "./file_tensor.js";
import { readAt, writeAt } from "./positioned.js";
import { swapBytes } from "./swap.js";

/** Hears of elements that were read or written: `count` of them, from index `start` on. */
export type Listener = (start: number, count: number) => void;

/** The elements of a tensor in a file, read and written where they are. Everything waits for it: kernels do not. */
export class FileElements implements Stored {
  readonly #file: FileTensor;
  readonly #bytes: 2 | 4 | 8;
  readonly #listener: Listener;

  constructor(file: FileTensor, listener: Listener) {
    this.#file = file;
    this.#bytes = bytesPerElement(file);
    this.#listener = listener;
  }

  read(bytes: Uint8Array, start: number): void {
    const { fd, begin, bigEndian, command, argument } = this.#file;
    const position = begin + start * this.#bytes;
    let read: number;
    try {
      read = readAt(fd, bytes, position);
    } catch (error) {
      throw asArgumentError(command, argument, "must be a file that can be read", error);
    }
    if (read < bytes.length) {
      const expected = `must not become shorter while it is read: it had more at byte ${position + read}`;
      throw new FormatError(command, argument, expected, "the end of the file");
    }
    if (bigEndian) swapBytes(bytes, this.#bytes);
    this.#listener(start, bytes.length / this.#bytes);
  }

  write(bytes: Uint8Array, start: number): void {
    const { fd, begin, command, argument } = this.#file;
    try {
      writeAt(fd, bytes, begin + start * this.#bytes);
    } catch (error) {
      throw asArgumentError(command, argument, "must be a file that can be written", error);
    }
    this.#listener(start, bytes.length / this.#bytes);
  }
}
