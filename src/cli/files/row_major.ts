import { closeSync } from "node:fs";
import { sizeOf } from "../../shape.js";
import { bytesPerElement, type FileTensor } from "./file_tensor.js";
import { readAt } from "./positioned.js";
import { openSpool, writeSpool } from "./spool.js";
import { bytesOf, transpose, type Words, wordsOf } from "./transpose.js";

/** Bytes that are in memory at a time, twice. */
const BUFFER_BYTES = 2 ** 24;

/**
 * A row-major copy, in a spool, of a file that is in Fortran order: there, the first index runs fastest. Axis by axis: what
 * is a matrix of all other indices by the first one is transposed, and then, for each index of the first axis, what follows.
 */
export function rowMajorCopy(file: FileTensor, bufferBytes = BUFFER_BYTES): FileTensor {
  const { shape } = file;
  let from = { fd: file.fd, begin: file.begin };
  let spool = -1;
  for (let axis = 0; axis < shape.length - 1; axis++) {
    const [before, columns, rows] = [shape.slice(0, axis), shape.slice(axis, axis + 1), shape.slice(axis + 1)].map(
      sizeOf,
    );
    if (columns === 1 || rows === 1) continue;
    const to = openSpool();
    try {
      new Transposition(file, from.fd, from.begin, to, rows!, columns!, bufferBytes).run(before!);
    } catch (error) {
      closeSync(to);
      throw error;
    } finally {
      if (spool >= 0) closeSync(spool);
    }
    spool = to;
    from = { fd: to, begin: 0 };
  }
  return { ...file, ...from };
}

/** Of matrices one after the other, from file to file. */
class Transposition {
  readonly #command: string;
  readonly #bytes: 2 | 4 | 8;
  readonly #from: number;
  readonly #begin: number;
  readonly #to: number;
  readonly #rows: number;
  readonly #columns: number;
  /** Elements that there is room for, and the words of each. */
  readonly #length: number;
  readonly #words: 1 | 2;
  readonly #input: Words;
  readonly #output: Words;

  constructor(
    file: FileTensor,
    from: number,
    begin: number,
    to: number,
    rows: number,
    columns: number,
    bufferBytes: number,
  ) {
    this.#command = file.command;
    this.#bytes = bytesPerElement(file);
    this.#from = from;
    this.#begin = begin;
    this.#to = to;
    this.#rows = rows;
    this.#columns = columns;
    // A row and a column fit at least.
    this.#length = Math.max(bufferBytes / this.#bytes, rows, columns);
    this.#words = this.#bytes === 8 ? 2 : 1;
    this.#input = wordsOf(this.#bytes, this.#length);
    this.#output = wordsOf(this.#bytes, this.#length);
  }

  run(matrices: number): void {
    const size = this.#rows * this.#columns;
    const atOnce = Math.floor(this.#length / size);
    if (atOnce > 0)
      for (let first = 0; first < matrices; first += atOnce) this.#whole(first, Math.min(atOnce, matrices - first));
    else for (let matrix = 0; matrix < matrices; matrix++) this.#inParts(matrix * size);
  }

  /** Several matrices that fit the buffers. */
  #whole(first: number, count: number): void {
    const size = this.#rows * this.#columns;
    this.#read(first * size, 0, count * size);
    for (let matrix = 0; matrix < count; matrix++) {
      const [begin, end] = [this.#words * matrix * size, this.#words * (matrix + 1) * size];
      transpose(
        this.#output.subarray(begin, end),
        this.#input.subarray(begin, end),
        this.#rows,
        this.#columns,
        this.#words,
      );
    }
    this.#write(first * size, 0, count * size);
  }

  /** Part by part, so that what is read or written in pieces are the longer rows, or columns. */
  #inParts(start: number): void {
    const [rows, columns] = [this.#rows, this.#columns];
    if (columns >= rows) {
      const atOnce = Math.floor(this.#length / rows);
      for (let column = 0; column < columns; column += atOnce) {
        const count = Math.min(atOnce, columns - column);
        for (let row = 0; row < rows; row++) this.#read(start + row * columns + column, row * count, count);
        transpose(this.#output, this.#input, rows, count, this.#words);
        this.#write(start + column * rows, 0, count * rows);
      }
    } else {
      const atOnce = Math.floor(this.#length / columns);
      for (let row = 0; row < rows; row += atOnce) {
        const count = Math.min(atOnce, rows - row);
        this.#read(start + row * columns, 0, count * columns);
        transpose(this.#output, this.#input, count, columns, this.#words);
        for (let column = 0; column < columns; column++) {
          this.#write(start + column * rows + row, column * count, count);
        }
      }
    }
  }

  #read(element: number, to: number, count: number): void {
    readAt(this.#from, this.#part(this.#input, to, count), this.#begin + element * this.#bytes);
  }

  #write(element: number, from: number, count: number): void {
    writeSpool(this.#command, this.#to, this.#part(this.#output, from, count), element * this.#bytes);
  }

  /** The bytes of some elements. */
  #part(words: Words, element: number, count: number): Uint8Array {
    return bytesOf(words.subarray(this.#words * element, this.#words * (element + count)));
  }
}
