// Operands as arrays of their computing type: those of 32 and 64 bits as they are, those of 16 by way of a decoded window.

import type { DType } from "../../dtype.js";
import { numbersOf } from "../../elements.js";
import { decode, encode, halfBitsOf } from "../../math/half.js";
import type { Operand } from "../../ops/operand.js";
import type { Computed } from "./kernels.js";

/** 16-bit elements that are decoded at a time. */
export const WINDOW = 4096;

/** Elements to read. */
export interface Reader<Data extends Computed> {
  /** Elements that can be had at once; any number where they are not decoded. */
  readonly limit: number;
  /** Where `count` elements from `offset` on are found: at the index that `at` returns, until it is called again. */
  data: Data;
  at(offset: number, count: number): number;
}

/** Elements to write: into `data`, from the index that `at` returns on. They are there after `flush`. */
export interface Writer<Data extends Computed> extends Reader<Data> {
  flush(): void;
}

/** Elements of an operand. Reading ahead pays where groups follow each other. */
export function readerOf<Data extends Computed>(operand: Operand, window = WINDOW, ahead = false): Reader<Data> {
  if (operand.format.bytes !== 2) return new Direct<Data>(operand.data as Data);
  return new Decoded(operand, window, ahead) as unknown as Reader<Data>;
}

export function writerOf<Data extends Computed>(operand: Operand, window = WINDOW): Writer<Data> {
  if (operand.format.bytes !== 2) return new Direct<Data>(operand.data as Data);
  return new Encoded(operand, window) as unknown as Writer<Data>;
}

/** All of a parameter. */
export function parameterOf<Data extends Computed>(operand: Operand | undefined): Data | undefined {
  return operand && (numbersOf(operand) as Data);
}

class Direct<Data extends Computed> implements Writer<Data> {
  readonly limit = Infinity;

  constructor(readonly data: Data) {}

  at(offset: number): number {
    return offset;
  }

  flush(): void {
    // Written already.
  }
}

class Decoded implements Reader<Float32Array> {
  readonly limit: number;
  readonly data: Float32Array;
  readonly #dtype: DType;
  readonly #bits: Uint16Array;
  readonly #least: number;
  #from = 0;
  #to = 0;

  constructor(operand: Operand, window: number, ahead: boolean) {
    this.#dtype = operand.format.dtype;
    this.#bits = halfBitsOf(operand.data);
    this.#least = ahead ? window : 1;
    this.limit = window;
    this.data = new Float32Array(Math.min(window, operand.size));
  }

  at(offset: number, count: number): number {
    if (offset < this.#from || offset + count > this.#to) {
      this.#from = offset;
      this.#to = Math.min(offset + Math.max(count, this.#least), this.#bits.length);
      decode(this.#dtype, this.data, this.#bits.subarray(offset, this.#to));
    }
    return offset - this.#from;
  }
}

/** Gathers what is written in a row, so that rows of a few elements are encoded together. */
class Encoded implements Writer<Float32Array> {
  readonly limit: number;
  readonly data: Float32Array;
  readonly #dtype: DType;
  readonly #bits: Uint16Array;
  #from = 0;
  #to = 0;

  constructor(operand: Operand, window: number) {
    this.#dtype = operand.format.dtype;
    this.#bits = halfBitsOf(operand.data);
    this.limit = window;
    this.data = new Float32Array(Math.min(window, operand.size));
  }

  at(offset: number, count: number): number {
    if (offset !== this.#to || offset + count - this.#from > this.data.length) {
      this.flush();
      this.#from = offset;
    }
    this.#to = offset + count;
    return offset - this.#from;
  }

  flush(): void {
    const out = this.#bits.subarray(this.#from, this.#to);
    const written = this.data.subarray(0, this.#to - this.#from);
    encode(this.#dtype, out, written);
    this.#from = this.#to;
  }
}
