import { DTypeError } from "../errors.js";
import type { Tensor, TensorLike } from "../tensor.js";
import { decode } from "./decode.js";
import { joined } from "./joined.js";
import { npyHeader, type NpyDType, npyHeaderSize, npyPrefixBytes, readNpyHeader } from "./npy-header.js";
import { type Bytes, bytesOf, nameOf, type ReadOptions, type Source } from "./source.js";
import { writtenOf } from "./written.js";

/** A .npy file of which the header has been read. */
export interface NpyFile {
  readonly dtype: NpyDType;
  /** Sizes, outermost first, whatever the order in the file. */
  readonly shape: readonly number[];
  /** Reads the data. */
  read(): Promise<Tensor>;
}

/**
 * Reads a .npy file: versions 1.0, 2.0 and 3.0, float16, float32 or float64, little- or big-endian, C or Fortran order.
 *
 * The tensor lies in an ordinary array, row-major: a view of the source's bytes where their alignment, endianness and
 * order allow, else a copy. float16 is a Uint16Array of bits with dtype "float16" on every engine.
 *
 * Throws FormatError, naming the byte, for everything else in the file (objects, which are pickles, too), before
 * anything of the array's size is allocated. A Blob that cannot be read rejects with its own error.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export async function readNpy(source: Source, options: ReadOptions = {}): Promise<Tensor> {
  return (await open("readNpy", source, options)).read();
}

/** Reads the header of a .npy file alone; otherwise as `readNpy`. */
export async function openNpy(source: Source, options: ReadOptions = {}): Promise<NpyFile> {
  return open("openNpy", source, options);
}

async function open(functionName: string, source: Source, options: ReadOptions): Promise<NpyFile> {
  const bytes = bytesOf(functionName, source, nameOf(functionName, options), "the .npy file");
  const header = await readHeader(functionName, bytes);
  const { dtype, shape } = header;
  const read = async () => decode(await bytes.read(header.dataOffset, bytes.size), header, bytes.copies);
  return { dtype, shape, read };
}

/** A copy of the header is read: shared memory could change between two looks at it. */
async function readHeader(functionName: string, bytes: Bytes) {
  const prefix = await bytes.read(0, Math.min(npyPrefixBytes, bytes.size));
  const size = npyHeaderSize(prefix, bytes.size, bytes.name, functionName);
  return readNpyHeader((await bytes.read(0, size)).slice(), bytes.size, bytes.name, functionName);
}

/**
 * The .npy file NumPy would write for a tensor, host or resident, of float32, float64 or float16: version 1.0,
 * little-endian, C order.
 *
 * Throws DTypeError for bfloat16, which .npy has no name for; ShapeError, ArgumentError, DisposedError.
 */
export function writeNpy(tensor: TensorLike): Uint8Array<ArrayBuffer> {
  return npyFile("writeNpy", "tensor", tensor);
}

/** What `writeNpy` does, for a function and an argument of another name. */
export function npyFile(functionName: string, argument: string, tensor: TensorLike): Uint8Array<ArrayBuffer> {
  const { dtype, shape, bytes } = writtenOf(functionName, argument, tensor);
  if (dtype === "bfloat16") {
    const expected = "must be float16, float32 or float64 (.npy has no bfloat16; writeSafetensors has)";
    throw new DTypeError(functionName, argument, expected, dtype);
  }
  return joined([npyHeader(dtype, shape), bytes]);
}
