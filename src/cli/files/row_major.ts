import { closeSync } from "node:fs";
import { sizeOf } from "../../shape.js";
import { bytesPerElement, type FileTensor } from "./file_tensor.js";
import { readAt, writeAt } from "./positioned.js";
import { openSpool } from "./spool.js";

/** Bytes of the result that are put together at a time: each such part reads the whole file, in order. */
const PART_BYTES = 2 ** 27;
/** Bytes that are read at a time. */
const CHUNK_BYTES = 2 ** 20;

/**
 * A row-major copy, in a spool, of a file that is in Fortran order: there, the first index runs fastest. Reads the file once
 * per 128 MiB, in order, because single elements are nothing to ask a file for.
 */
export function rowMajorCopy(file: FileTensor, partBytes = PART_BYTES): FileTensor {
  const fd = openSpool();
  try {
    const bytes = bytesPerElement(file);
    const size = sizeOf(file.shape);
    const part = partBytes / bytes;
    for (let begin = 0; begin < size; begin += part) {
      const elements = elementsOf(bytes, Math.min(part, size - begin));
      fillPart(file, elements, begin);
      writeAt(fd, bytesOf(elements), begin * bytes);
    }
    return { ...file, fd, begin: 0 };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

type Elements = Uint16Array | Uint32Array | BigUint64Array;

/** Only moved about, never looked at: bits of any kind. */
function elementsOf(bytes: 2 | 4 | 8, length: number): Elements {
  return new { 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array }[bytes](length);
}

function bytesOf({ buffer, byteOffset, byteLength }: Elements): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Fills `part` with the elements that row-major order has from `begin` on. */
function fillPart(file: FileTensor, part: Elements, begin: number): void {
  const bytes = bytesPerElement(file);
  const size = sizeOf(file.shape);
  const place = new Place(file.shape);
  const chunk = elementsOf(bytes, Math.min(CHUNK_BYTES / bytes, size));
  for (let first = 0; first < size; first += chunk.length) {
    const count = Math.min(chunk.length, size - first);
    readAt(file.fd, bytesOf(chunk).subarray(0, count * bytes), file.begin + first * bytes);
    for (let index = 0; index < count; index++) {
      const at = place.index - begin;
      if (at >= 0 && at < part.length) part[at] = chunk[index]!;
      place.next();
    }
  }
}

/** The row-major index of elements in Fortran order. */
class Place {
  index = 0;
  readonly #shape: readonly number[];
  readonly #strides: number[];
  readonly #position: number[];

  constructor(shape: readonly number[]) {
    this.#shape = shape;
    this.#strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
    this.#position = shape.map(() => 0);
  }

  next(): void {
    for (let axis = 0; axis < this.#shape.length; axis++) {
      this.index += this.#strides[axis]!;
      if (++this.#position[axis]! < this.#shape[axis]!) return;
      this.index -= this.#shape[axis]! * this.#strides[axis]!;
      this.#position[axis] = 0;
    }
  }
}
