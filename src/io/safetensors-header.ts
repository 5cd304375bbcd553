import type { DType } from "../dtype.js";
import { formatShape, sizeOf } from "../shape.js";
import { checkElements } from "./limits.js";
import { type Description, metadataKey, parseSafetensorsJson } from "./safetensors-json.js";
import { type Fail, failIn, quote, quoteText } from "./scanner.js";

/** One tensor of a .safetensors file. */
export interface SafetensorsEntry {
  /** As the file calls it: `F32`, `I64`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where its bytes begin and end, from the start of the data. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the header's order. Together they cover the data without holes or overlaps. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  /** Where the data begins, in bytes from the start of the file. */
  readonly dataOffset: number;
}

/** As many of a file's first bytes as `safetensorsHeaderSize` needs. */
export const safetensorsPrefixBytes = 8;

/** The reference implementation's own limit. */
const longestHeader = 100_000_000;
const alignment = 8;
const space = 0x20;

/** Bits of an element, by the names the reference implementation knows; it writes tensors of the last ones first. */
const bitsOfDType: ReadonlyMap<string, number> = new Map([
  ["BOOL", 8],
  ["F4", 4],
  ["F6_E2M3", 6],
  ["F6_E3M2", 6],
  ["U8", 8],
  ["I8", 8],
  ["F8_E5M2", 8],
  ["F8_E4M3", 8],
  ["F8_E8M0", 8],
  ["F8_E4M3FNUZ", 8],
  ["F8_E5M2FNUZ", 8],
  ["I16", 16],
  ["U16", 16],
  ["F16", 16],
  ["BF16", 16],
  ["I32", 32],
  ["U32", 32],
  ["F32", 32],
  ["C64", 64],
  ["F64", 64],
  ["I64", 64],
  ["U64", 64],
]);

/** What tensors of ours can have. */
const namesOfDTypes: ReadonlyMap<DType, string> = new Map([
  ["float64", "F64"],
  ["float32", "F32"],
  ["bfloat16", "BF16"],
  ["float16", "F16"],
]);

/** The dtype that a file calls `name`; undefined if we have none. */
export function dtypeOfSafetensors(name: string): DType | undefined {
  for (const [dtype, known] of namesOfDTypes) if (known === name) return dtype;
  return undefined;
}

/**
 * How many bytes the length and the header take of a file of `fileSize` bytes that begins with `bytes`:
 * `safetensorsPrefixBytes` of them, or the whole file if that is shorter. Throws FormatError.
 */
export function safetensorsHeaderSize(
  bytes: Uint8Array,
  fileSize: number,
  name: string,
  functionName = "readSafetensors",
): number {
  return findHeader(bytes, fileSize, failIn(functionName, name));
}

/**
 * Reads the header alone, from `bytes` that begin a file of `fileSize` bytes and hold at least its whole header. `name`
 * is what messages call the file. Dtypes we have no use for, even names nobody has heard of, are no mistake here.
 *
 * Throws FormatError, naming the byte, for all there is to say against the file but its values, and for holes in the
 * data: the reference implementation does, so that no file can be of another kind as well.
 *
 * @see https://github.com/huggingface/safetensors#format
 */
export function readSafetensorsHeader(
  bytes: Uint8Array,
  fileSize: number,
  name: string,
  functionName = "readSafetensors",
): SafetensorsHeader {
  const fail = failIn(functionName, name);
  const dataOffset = findHeader(bytes, fileSize, fail);
  const start = safetensorsPrefixBytes;
  const first = bytes.subarray(start, Math.min(start + 1, dataOffset));
  if (first[0] !== 0x7b) fail(start, 'must begin its header with "{"', quote(first));

  const { metadata, tensors } = parseSafetensorsJson(bytes, start, dataOffset, fail);
  checkCovered(tensors, fileSize - dataOffset, fail);
  const entries = new Map<string, SafetensorsEntry>();
  for (const [key, description] of tensors) entries.set(key, checkedEntry(description, fail));
  return { metadata, entries, dataOffset };
}

/** What `safetensorsHeader` needs to know of a tensor. */
export interface TensorInfo {
  /** A DType, or the file's own name of any: `I64`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes of all elements, where the dtype does not tell because nobody here knows it. */
  readonly size?: number;
}

/**
 * The length and the header of a file that holds these tensors, and the keys in the order in which their bytes have to
 * follow, little-endian. The bytes are those of the reference implementation: tensors of long elements first, so that
 * all are aligned, then by name; padded with spaces to a multiple of 8 bytes.
 */
export function safetensorsHeader(
  tensors: ReadonlyMap<string, TensorInfo>,
  metadata?: Readonly<Record<string, string>>,
): { bytes: Uint8Array<ArrayBuffer>; keys: string[] } {
  const keys = orderOf(tensors);
  const members: string[] = [];
  if (metadata) members.push(member(metadataKey, metadata));
  let begin = 0;
  for (const key of keys) {
    const { dtype, shape, size } = tensors.get(key)!;
    const name = nameOfDType(dtype);
    const end = begin + (size ?? (sizeOf(shape) * bitsOfDType.get(name)!) / 8);
    members.push(member(key, { dtype: name, shape, data_offsets: [begin, end] }));
    begin = end;
  }
  return { bytes: withLength(new TextEncoder().encode(`{${members.join(",")}}`)), keys };
}

/** Members are joined rather than collected in an object, which has an order of its own for keys like "0". */
function member(key: string, value: unknown): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

function withLength(json: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = Math.ceil(json.length / alignment) * alignment;
  const bytes = new Uint8Array(safetensorsPrefixBytes + padded).fill(space);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, safetensorsPrefixBytes);
  return bytes;
}

function nameOfDType(dtype: string): string {
  return namesOfDTypes.get(dtype as DType) ?? dtype;
}

function orderOf(tensors: ReadonlyMap<string, TensorInfo>): string[] {
  const dtypes = [...bitsOfDType.keys()];
  const rank = (key: string) => dtypes.indexOf(nameOfDType(tensors.get(key)!.dtype));
  return [...tensors.keys()].sort((a, b) => rank(b) - rank(a) || compareCodePoints(a, b));
}

/** As UTF-8 sorts; JavaScript compares code units, among which those of surrogates are not the last. */
function compareCodePoints(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = a.codePointAt(i)! - b.codePointAt(i)!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function findHeader(bytes: Uint8Array, fileSize: number, fail: Fail): number {
  const start = safetensorsPrefixBytes;
  if (fileSize < start || bytes.length < start)
    fail(bytes.length, "must begin with a header length of 8 bytes", "the end of the file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, start);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > longestHeader)
    fail(0, `must have a header of at most ${longestHeader} bytes`, String(view.getBigUint64(0, true)));
  const available = fileSize - start;
  if (length > available) fail(0, `must have a header within the file's other ${available} bytes`, `${length} bytes`);
  return start + length;
}

/** In the order of their offsets, every tensor begins where the one before ends, and the last ends with the file. */
function checkCovered(tensors: ReadonlyMap<string, Description>, dataSize: number, fail: Fail): void {
  for (const { offsets, offsetsAt } of tensors.values())
    if (offsets.length !== 2) fail(offsetsAt, "must have two data_offsets", String(offsets.length));
  const ordered = [...tensors.values()].sort(
    ({ offsets: [a, aEnd] }, { offsets: [b, bEnd] }) => a! - b! || aEnd! - bEnd!,
  );
  let covered = 0;
  for (const { offsets, offsetsAt } of ordered) {
    const [begin, end] = offsets as [number, number];
    if (begin !== covered || end < begin || end > dataSize)
      fail(offsetsAt, `must have data_offsets from ${covered} to at most ${dataSize}`, `[${begin}, ${end}]`);
    covered = end;
  }
  if (covered !== dataSize)
    fail(safetensorsPrefixBytes, `must describe all ${dataSize} bytes of its data`, String(covered));
}

function checkedEntry({ dtype, dtypeAt, shape, shapeAt, offsets }: Description, fail: Fail): SafetensorsEntry {
  const [begin, end] = offsets as [number, number];
  checkElements(shape, shapeAt, fail);
  const bits = bitsOfDType.get(dtype);
  // Of a dtype that came after us nobody here knows the size; others in its file can be read all the same.
  if (bits !== undefined && (sizeOf(shape) * bits) / 8 !== end - begin)
    fail(dtypeAt, `must have ${end - begin} bytes in its data_offsets`, `${quoteText(dtype)} of ${formatShape(shape)}`);
  return { dtype, shape, begin, end };
}
