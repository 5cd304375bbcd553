import { formatShape, sizeOf } from "../shape.js";
import { checkElements, mostDimensions } from "./limits.js";
import { type Literal, parseDictionary } from "./python-literal.js";
import { type Fail, failIn, quote } from "./scanner.js";

/** The dtypes that .npy has a name for. */
export type NpyDType = "float16" | "float32" | "float64";

/** What a .npy file says about itself before its data begins. */
export interface NpyHeader {
  readonly dtype: NpyDType;
  readonly shape: readonly number[];
  /** Where the data begins, in bytes from the start of the file. */
  readonly dataOffset: number;
  readonly littleEndian: boolean;
  /** Whether the first axis is the contiguous one. False where both orders are the same bytes. */
  readonly fortranOrder: boolean;
}

/** As many of a file's first bytes as `npyHeaderSize` needs. */
export const npyPrefixBytes = 12;

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
const alignment = 64;
/** What version 1.0 can say; the dtypes and ranks we accept need a few hundred bytes. */
const longestHeader = 65535;
const itemSizes: Readonly<Record<NpyDType, number>> = { float16: 2, float32: 4, float64: 8 };
const keys = ["descr", "fortran_order", "shape"];

/**
 * How many bytes the header takes of a file of `fileSize` bytes that begins with `bytes`: `npyPrefixBytes` of them, or
 * the whole file if that is shorter. `fileSize` is undefined where nobody knows it, as of a pipe. Throws FormatError.
 */
export function npyHeaderSize(
  bytes: Uint8Array,
  fileSize: number | undefined,
  name: string,
  functionName = "readNpy",
): number {
  return findHeader(bytes, fileSize, failIn(functionName, name)).dataOffset;
}

/**
 * Reads the header alone, from `bytes` that begin a file of `fileSize` bytes and hold at least its whole header.
 * `fileSize` is undefined where nobody knows it, as of a pipe; then the length of the data is not checked. `name` is
 * what messages call the file.
 *
 * Takes versions 1.0, 2.0 and 3.0. Throws FormatError, naming the byte, for all else there is to say against the file
 * but its values.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function readNpyHeader(
  bytes: Uint8Array,
  fileSize: number | undefined,
  name: string,
  functionName = "readNpy",
): NpyHeader {
  const fail = failIn(functionName, name);
  const { start, dataOffset } = findHeader(bytes, fileSize, fail);
  const entries = parseDictionary(bytes, start, dataOffset, fail);
  checkKeys(entries, start, fail);
  const { dtype, littleEndian } = readDescr(entries.get("descr")!, fail);
  const shape = readShape(entries.get("shape")!, fail);
  const fortranOrder = readOrder(entries.get("fortran_order")!, shape, fail);
  if (fileSize !== undefined) checkLength(shape, dtype, dataOffset, fileSize, fail);
  return { dtype, shape, dataOffset, littleEndian, fortranOrder };
}

/**
 * The header NumPy would write: version 1.0, little-endian, C order, padded so that the data begins at a multiple of 64
 * bytes.
 */
export function npyHeader(dtype: NpyDType, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  // NumPy leaves room for the first size to grow to 21 digits, then pads with at least one byte to the alignment.
  const growth = shape.length === 0 ? 0 : 21 - String(shape[0]).length;
  const descr = `<f${itemSizes[dtype]}`;
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }${" ".repeat(growth)}`;
  const used = magic.length + 4 + dictionary.length + 1;
  const text = `${dictionary}${" ".repeat(alignment - (used % alignment))}\n`;
  return Uint8Array.of(...magic, 1, 0, text.length & 0xff, text.length >> 8, ...new TextEncoder().encode(text));
}

function findHeader(
  bytes: Uint8Array,
  fileSize: number | undefined,
  fail: Fail,
): { start: number; dataOffset: number } {
  const beginning = bytes.subarray(0, magic.length);
  if (!magic.every((byte, index) => bytes[index] === byte)) fail(0, 'must begin with "\\x93NUMPY"', quote(beginning));
  if (bytes.length < 8) fail(bytes.length, "must go on with a version", "the end of the file");
  const [major, minor] = [bytes[6]!, bytes[7]!];
  if (major < 1 || major > 3 || minor !== 0) fail(6, "must be of version 1.0, 2.0 or 3.0", `${major}.${minor}`);

  const start = major === 1 ? 10 : 12;
  if (bytes.length < start) fail(bytes.length, "must go on with a header length", "the end of the file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > longestHeader) fail(8, `must have a header of at most ${longestHeader} bytes`, String(length));
  const available = (fileSize ?? Infinity) - start;
  if (length > available) fail(8, `must have a header within the file's other ${available} bytes`, `${length} bytes`);
  return { start, dataOffset: start + length };
}

function checkKeys(entries: Map<string, Literal>, start: number, fail: Fail): void {
  if (entries.size === keys.length && keys.every((key) => entries.has(key))) return;
  const got = entries.size === 0 ? "none" : shorten([...entries.keys()].join(", "));
  fail(start, `must have the keys ${keys.join(", ")}`, got);
}

/** Objects ("|O") are pickles, programs that reading would run: they are refused like every dtype that is no float. */
function readDescr(descr: Literal, fail: Fail): { dtype: NpyDType; littleEndian: boolean } {
  const expected = 'must hold float16 ("<f2"), float32 ("<f4") or float64 ("<f8"), of either endianness (">f4"),';
  if (descr.kind === "list") fail(descr.at, expected, "a structured dtype");
  if (descr.kind !== "string") fail(descr.at, expected, describe(descr));
  const [, order, bytes] = /^([<>])f([248])$/.exec(descr.value) ?? fail(descr.at, expected, describe(descr));
  const dtype = `float${8 * Number(bytes)}` as NpyDType;
  return { dtype, littleEndian: order === "<" };
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
  checkElements(sizes, shape.at, fail);
  return sizes;
}

/** Where at most one dimension is longer than 1, both orders are the same bytes. */
function readOrder(order: Literal, shape: readonly number[], fail: Fail): boolean {
  if (order.kind !== "boolean") fail(order.at, "must have True or False as fortran_order", describe(order));
  return order.value && !shape.includes(0) && shape.filter((extent) => extent > 1).length > 1;
}

function checkLength(
  shape: readonly number[],
  dtype: NpyDType,
  dataOffset: number,
  fileSize: number,
  fail: Fail,
): void {
  const expected = sizeOf(shape) * itemSizes[dtype];
  const actual = fileSize - dataOffset;
  if (actual !== expected)
    fail(dataOffset, `must have ${expected} bytes of ${dtype} data for shape ${formatShape(shape)}`, String(actual));
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
