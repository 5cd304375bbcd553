import { describe as describeValue, float32, formatOfData } from "../dtype.js";
import { DTypeError, FormatError, ShapeError } from "../errors.js";
import { formatShape, sizeOf } from "../shape.js";
import type { TensorLike } from "../tensor.js";
import { type Fail, type Literal, parseDictionary, quote } from "./python-literal.js";

/** What a .npy file says about itself before its data begins. */
export interface NpyHeader {
  readonly dtype: "float32" | "float64";
  readonly shape: readonly number[];
  /** Where the data begins, in bytes from the start of the file. */
  readonly dataOffset: number;
}

export interface NpyContents {
  readonly tensor: { readonly data: Float32Array; readonly shape: readonly number[] };
  /** What the reader had to change, in words for a person; absent when nothing. */
  readonly note?: string;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
const alignment = 64;
const mostDimensions = 64; // NumPy 2's own limit
const longestHeader = 65535; // what version 1.0 can say; the dtypes and ranks we accept need a few hundred bytes
const itemSize = { float32: 4, float64: 8 };
const keys = ["descr", "fortran_order", "shape"];

/**
 * Reads a .npy file (versions 1.0, 2.0 and 3.0) of little-endian float32 in C order. float64 is rounded to float32, and
 * the note says so. `name` is what messages call the file. The data is a view of `bytes` where its alignment allows.
 *
 * Throws FormatError, naming the byte at fault, for everything else, before anything of the array's size is allocated.
 */
export function readNpy(bytes: Uint8Array, name: string): NpyContents {
  const { dtype, shape, dataOffset } = readNpyHeader(bytes, bytes.length, name);
  const data = bytes.subarray(dataOffset);
  if (dtype === "float32") return { tensor: { data: new Float32Array(...aligned(data, 4)), shape } };
  const wide = new Float64Array(...aligned(data, 8));
  const narrow = new Float32Array(wide);
  return { tensor: { data: narrow, shape }, note: narrowingNote(wide, narrow) };
}

/**
 * Reads the header alone, from `bytes` that begin a file of `fileSize` bytes and hold at least its whole header.
 * Checks everything there is to check about the file but the values.
 */
export function readNpyHeader(bytes: Uint8Array, fileSize: number, name: string): NpyHeader {
  const fail: Fail = (at, expected, got) => {
    throw new FormatError("readNpy", name, `${expected} at byte ${at}`, got);
  };
  const { start, dataOffset } = findHeader(bytes, fail);
  const entries = parseDictionary(bytes, start, dataOffset, fail);
  checkKeys(entries, start, fail);
  const dtype = readDescr(entries.get("descr")!, fail);
  const shape = readShape(entries.get("shape")!, fail);
  checkOrder(entries.get("fortran_order")!, shape, fail);
  checkLength(shape, dtype, dataOffset, fileSize, fail);
  return { dtype, shape, dataOffset };
}

/** The file NumPy would write for a float32 tensor: version 1.0, C order. Copies the data; `npyParts` does not. */
export function writeNpy(tensor: TensorLike): Uint8Array {
  const [header, data] = npyParts(tensor);
  const file = new Uint8Array(header.length + data.length);
  file.set(header);
  file.set(data, header.length);
  return file;
}

/** The same file as its header and a view of the tensor's own data, to be written one after the other. */
export function npyParts({ data, shape }: TensorLike): [header: Uint8Array, data: Uint8Array] {
  if (formatOfData("writeNpy", "tensor", data) !== float32) {
    throw new DTypeError("writeNpy", "tensor", "must be a Float32Array", describeValue(data));
  }
  checkWritable(shape, data.length);
  return [header(shape), new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
}

function findHeader(bytes: Uint8Array, fail: Fail): { start: number; dataOffset: number } {
  const beginning = bytes.subarray(0, magic.length);
  if (!magic.every((byte, index) => bytes[index] === byte)) fail(0, 'must begin with "\\x93NUMPY"', quote(beginning));
  if (bytes.length < 8) fail(bytes.length, "must go on with a version", "the end of the file");
  const [major, minor] = [bytes[6]!, bytes[7]!];
  if (major < 1 || major > 3 || minor !== 0) fail(6, "must be of version 1.0, 2.0 or 3.0", `${major}.${minor}`);

  const start = major === 1 ? 10 : 12;
  if (bytes.length < start) fail(bytes.length, "must go on with a header length", "the end of the file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const available = bytes.length - start;
  if (length > longestHeader) fail(8, `must have a header of at most ${longestHeader} bytes`, String(length));
  if (length > available) fail(8, `must have a header within the file's other ${available} bytes`, `${length} bytes`);
  return { start, dataOffset: start + length };
}

function checkKeys(entries: Map<string, Literal>, start: number, fail: Fail): void {
  if (entries.size === keys.length && keys.every((key) => entries.has(key))) return;
  const got = entries.size === 0 ? "none" : shorten([...entries.keys()].join(", "));
  fail(start, `must have the keys ${keys.join(", ")}`, got);
}

function readDescr(descr: Literal, fail: Fail): "float32" | "float64" {
  const expected = 'must hold float32 ("<f4") or float64 ("<f8"), little-endian,';
  if (descr.kind === "list") fail(descr.at, expected, "a structured dtype");
  if (descr.kind !== "string") fail(descr.at, expected, describe(descr));
  if (descr.value === "<f4") return "float32";
  if (descr.value === "<f8") return "float64";
  return fail(descr.at, expected, `"${shorten(descr.value)}"`);
}

function readShape(shape: Literal, fail: Fail): readonly number[] {
  if (shape.kind !== "tuple") fail(shape.at, "must have a tuple as its shape", describe(shape));
  if (shape.items.length > mostDimensions)
    fail(shape.at, `must have at most ${mostDimensions} dimensions`, String(shape.items.length));
  const sizes = shape.items.map((extent) => {
    if (extent.kind !== "integer") fail(extent.at, "must have integers in its shape", describe(extent));
    if (extent.value < 0 || !Number.isSafeInteger(extent.value))
      fail(extent.at, "must have sizes of 0 to 2^53 - 1 in its shape", String(extent.value));
    return extent.value;
  });
  // Sizes of 0 count as 1 here, so that the strides of an empty array are exact too.
  const elements = sizeOf(sizes.map((extent) => Math.max(extent, 1)));
  if (elements >= 2 ** 50) fail(shape.at, "must have a shape of fewer than 2^50 elements", formatShape(sizes));
  return sizes;
}

/** Where at most one dimension is longer than 1, both orders are the same bytes. */
function checkOrder(order: Literal, shape: readonly number[], fail: Fail): void {
  if (order.kind !== "boolean") fail(order.at, "must have True or False as fortran_order", describe(order));
  const ordersDiffer = !shape.includes(0) && shape.filter((extent) => extent > 1).length > 1;
  if (order.value && ordersDiffer)
    fail(
      order.at,
      "must be in C order (save numpy.ascontiguousarray(x))",
      `Fortran order of shape ${formatShape(shape)}`,
    );
}

function checkLength(
  shape: readonly number[],
  dtype: NpyHeader["dtype"],
  dataOffset: number,
  fileSize: number,
  fail: Fail,
): void {
  const expected = sizeOf(shape) * itemSize[dtype];
  const actual = fileSize - dataOffset;
  if (actual !== expected)
    fail(dataOffset, `must have ${expected} bytes of ${dtype} data for shape ${formatShape(shape)}`, String(actual));
}

/** The arguments for a typed array over `bytes`; over a copy where the platform's alignment rules ask for one. */
function aligned(bytes: Uint8Array, size: number): [ArrayBufferLike, number, number] {
  const { buffer, byteOffset, length } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return [buffer, byteOffset, length / size];
}

function narrowingNote(wide: Float64Array, narrow: Float32Array): string {
  let overflows = 0;
  for (let i = 0; i < wide.length; i++) if (!Number.isFinite(narrow[i]) && Number.isFinite(wide[i])) overflows++;
  const lost = overflows === 0 ? "" : `; ${overflows} beyond its range became infinite`;
  return `float64 was rounded to float32${lost}`;
}

function describe(literal: Literal): string {
  if (literal.kind === "string") return `"${shorten(literal.value)}"`;
  if (literal.kind === "boolean") return literal.value ? "True" : "False";
  if (literal.kind === "integer") return String(literal.value);
  return `a ${literal.kind}`;
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

function checkWritable(shape: readonly number[], length: number): void {
  const fits = shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) && sizeOf(shape) === length;
  if (!fits) throw new ShapeError("writeNpy", "tensor.shape", `must describe ${length} elements`, formatShape(shape));
  if (shape.length > mostDimensions)
    throw new ShapeError("writeNpy", "tensor.shape", `must have at most ${mostDimensions} sizes`, String(shape.length));
}

/** NumPy leaves room for the first size to grow to 21 digits, then pads with at least one byte to the alignment. */
function header(shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const growth = shape.length === 0 ? 0 : 21 - String(shape[0]).length;
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }${" ".repeat(growth)}`;
  const used = magic.length + 4 + dictionary.length + 1;
  const text = `${dictionary}${" ".repeat(alignment - (used % alignment))}\n`;
  return Uint8Array.of(...magic, 1, 0, text.length & 0xff, text.length >> 8, ...new TextEncoder().encode(text));
}
