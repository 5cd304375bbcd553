import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect } from "vitest";
import type { DType } from "../../src/dtype.js";
import { FormatError } from "../../src/errors.js";
import { decode } from "../../src/io/decode.js";
import { readNpyHeader } from "../../src/io/npy-header.js";
import { sizeOf } from "../../src/shape.js";
import type { Tensor, TensorLike } from "../../src/tensor.js";

type Bytes = Uint8Array<ArrayBuffer>;

/** A file of examples/data. */
export const example = (name: string): Bytes => read(`../../examples/data/${name}`);

/** A file that make.py has written. */
export const fixture = (name: string): Bytes => read(`fixtures/${name}`);

/** The elements of its larger arrays, of shape [2, 3, 4]. */
export const fixtureValues = Array.from({ length: 24 }, (_, index) => index - 11.5);

const read = (path: string): Bytes => new Uint8Array(readFileSync(new URL(path, import.meta.url)));

/** A .npy file of float32 that lies in memory, without a promise: for tests of other things. */
export function float32Npy(bytes: Uint8Array, name = "x.npy"): Tensor<Float32Array> {
  const header = readNpyHeader(bytes, bytes.length, name);
  const tensor = decode(bytes.subarray(header.dataOffset), header, false);
  if (!(tensor.data instanceof Float32Array)) throw new Error(`${name} is ${tensor.dtype}`);
  return tensor as Tensor<Float32Array>;
}

/** A .npy file with any header text: what a careless or hostile writer could produce. */
export function npyFile(header: string, data: number | Uint8Array = 0, version = [1, 0]): Bytes {
  const text = Buffer.from(header, "latin1");
  const length = Buffer.alloc(version[0] === 1 ? 2 : 4);
  if (version[0] === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  const contents = typeof data === "number" ? Buffer.alloc(data) : data;
  return joined(Buffer.from("\x93NUMPY", "latin1"), Buffer.from(version), length, text, contents);
}

/** The dict of a .npy header. */
export const npyDictionary = (shape: string, descr = "'<f4'", order = "False") =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

/** A .safetensors file with any header text. */
export function safetensorsFile(header: string | Uint8Array, dataBytes = 0): Bytes {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return joined(length, text, Buffer.alloc(dataBytes));
}

export const joined = (...parts: Uint8Array[]): Bytes => new Uint8Array(Buffer.concat(parts));

/** The FormatError that something must be refused with. */
export async function failure(refused: () => Promise<unknown>): Promise<FormatError> {
  try {
    await refused();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return error as FormatError;
  }
  throw new Error("a file was taken that must be refused");
}

/** A Blob that counts what is read of it. */
export class CountingBlob extends Blob {
  bytesRead = 0;

  override slice(begin: number, end: number): Blob {
    this.bytesRead += end - begin;
    return super.slice(begin, end);
  }
}

/** The same bytes in everything a reader takes: memory of any alignment, shared memory, a Blob. */
export function everySource(bytes: Bytes): [name: string, source: ArrayBufferLike | ArrayBufferView | Blob][] {
  const unaligned = [1, 2, 4].map((shift): [string, Uint8Array] => {
    const pool = new Uint8Array(bytes.length + 16).fill(0xff);
    pool.set(bytes, shift);
    return [`a view at ${shift}`, pool.subarray(shift, shift + bytes.length)];
  });
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return [
    ["a Uint8Array", bytes.slice()],
    ["a Buffer", Buffer.from(bytes)],
    ["a DataView", new DataView(bytes.slice().buffer)],
    ["an ArrayBuffer", bytes.slice().buffer],
    ["a SharedArrayBuffer", shared.buffer],
    ["a view of shared memory", shared],
    ["a Blob", new Blob([bytes])],
    ...unaligned,
  ];
}

/** Everything there is to see of a tensor, bit for bit. */
export function seen({ data, shape, dtype }: TensorLike) {
  const bytes = Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return { class: data[Symbol.toStringTag], dtype, shape: [...shape], bytes: bytes.toString("hex") };
}

const arrays = { float32: Float32Array, float64: Float64Array, float16: Uint16Array, bfloat16: Uint16Array };

/** Host tensors of any bits: ranks 0 to 8, sizes of 0 too. */
export function tensors(...dtypes: DType[]): fc.Arbitrary<TensorLike & { readonly dtype: DType }> {
  const shapes = fc
    .array(
      fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 3 }) }, { weight: 1, arbitrary: fc.constant(0) }),
      {
        maxLength: 8,
      },
    )
    .filter((shape) => sizeOf(shape) <= 256);
  return fc.tuple(shapes, fc.constantFrom(...dtypes)).chain(([shape, dtype]) => {
    const length = sizeOf(shape) * arrays[dtype].BYTES_PER_ELEMENT;
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((bits) => ({ data: new arrays[dtype](bits.slice().buffer), shape, dtype }));
  });
}
