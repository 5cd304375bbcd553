import type { DType } from "../dtype.js";
import { ArgumentError, FormatError } from "../errors.js";
import type { Tensor, TensorLike } from "../tensor.js";
import { decode } from "./decode.js";
import { joined } from "./joined.js";
import { checkInteger, integerOf, type WrittenInteger, writtenInteger } from "./integers.js";
import { checkText, entryOf, recordOf, tensorsOf } from "./keys.js";
import {
  dtypeOfSafetensors,
  readSafetensorsHeader,
  type SafetensorsEntry,
  safetensorsHeader,
  safetensorsHeaderSize,
  safetensorsPrefixBytes,
} from "./safetensors-header.js";
import { metadataKey } from "./safetensors-json.js";
import { quoteText } from "./scanner.js";
import { type Bytes, bytesOf, nameOf, type ReadOptions, type Source } from "./source.js";
import { type Written, writtenOf } from "./written.js";

/** A .safetensors file of which the header has been read. */
export interface SafetensorsFile {
  /** The names of all tensors, in the header's order. */
  readonly keys: readonly string[];
  /** What the file says of itself under `__metadata__`: strings. An object without a prototype. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What the header says of a tensor. Throws ArgumentError for a key that is not there. */
  info(key: string): SafetensorsInfo;
  /**
   * Reads a tensor. Throws FormatError for one of a dtype that a tensor cannot have, like I64, and ArgumentError for a
   * key that is not there.
   */
  read(key: string): Promise<Tensor>;
  /**
   * Reads an I64 of shape [], like the `num_batches_tracked` of PyTorch's batch norms. Throws FormatError for a tensor of
   * another dtype or shape, and for an integer beyond 2^53, which no number holds; ArgumentError for a key that is not there.
   */
  readInteger(key: string): Promise<number>;
}

export interface SafetensorsInfo {
  /** A DType, or the file's own name of another: "I64". */
  readonly dtype: string;
  readonly shape: readonly number[];
}

/**
 * Reads the header of a .safetensors file. Tensors are read one at a time: of a Blob nothing but the header and what is
 * asked for is read.
 *
 * Tensors are views of the source's bytes where the alignment allows, else copies; float16 and bfloat16 are Uint16Arrays
 * of bits with their dtype on every engine. Throws FormatError, naming the byte, for a header that is wrong in any way:
 * lengths that lie, two keys of one name, offsets that overlap, leave holes or do not fit shape and dtype.
 *
 * @see https://github.com/huggingface/safetensors#format
 */
export async function openSafetensors(source: Source, options: ReadOptions = {}): Promise<SafetensorsFile> {
  return open("openSafetensors", source, options);
}

/**
 * Reads all tensors of a .safetensors file into an object without a prototype. Otherwise as `openSafetensors`, which
 * and `readStateDict` serve where some are of another dtype, like the I64 `num_batches_tracked` of PyTorch's batch norms:
 * here they throw FormatError.
 */
export async function readSafetensors(source: Source, options: ReadOptions = {}): Promise<Record<string, Tensor>> {
  const file = await open("readSafetensors", source, options);
  const tensors = new Map<string, Tensor>();
  for (const key of file.keys) tensors.set(key, await file.read(key));
  return recordOf(tensors);
}

/** A file for a function of another name, and the name of the file for its messages. */
export async function open(
  functionName: string,
  source: Source,
  options: ReadOptions,
): Promise<SafetensorsFile & { readonly name: string }> {
  const bytes = bytesOf(functionName, source, nameOf(functionName, options), "the .safetensors file");
  const { entries, metadata, dataOffset } = await readHeader(functionName, bytes);
  const find = (key: string) => entryOf(functionName, bytes.name, entries, key);
  return {
    name: bytes.name,
    keys: [...entries.keys()],
    metadata: recordOf(metadata),
    info: (key) => {
      const { dtype, shape } = find(key);
      return { dtype: dtypeOfSafetensors(dtype) ?? dtype, shape };
    },
    read: async (key) => {
      const entry = find(key);
      const dtype = readableDType(functionName, bytes.name, key, entry);
      const data = await bytes.read(dataOffset + entry.begin, dataOffset + entry.end);
      return decode(data, { dtype, shape: entry.shape, littleEndian: true, fortranOrder: false }, bytes.copies);
    },
    readInteger: async (key) => {
      const entry = find(key);
      checkInteger(functionName, bytes.name, key, entry);
      const data = await bytes.read(dataOffset + entry.begin, dataOffset + entry.end);
      return integerOf(functionName, bytes.name, key, data);
    },
  };
}

/** A copy of the header is read: shared memory could change between two looks at it, and TextDecoder refuses it. */
async function readHeader(functionName: string, bytes: Bytes) {
  const prefix = await bytes.read(0, Math.min(safetensorsPrefixBytes, bytes.size));
  const size = safetensorsHeaderSize(prefix, bytes.size, bytes.name, functionName);
  return readSafetensorsHeader((await bytes.read(0, size)).slice(), bytes.size, bytes.name, functionName);
}

function readableDType(functionName: string, name: string, key: string, { dtype }: SafetensorsEntry): DType {
  const known = dtypeOfSafetensors(dtype);
  if (known) return known;
  const expected = `must have F64, F32, F16 or BF16 in ${quoteText(key)} (openSafetensors reads the others)`;
  throw new FormatError(functionName, name, expected, quoteText(dtype));
}

/**
 * The .safetensors file of tensors, host or resident, of any dtype, byte for byte as the reference implementation would
 * write it: sorted by dtype and name. A number, like `num_batches_tracked` in a state dict, is an I64 of shape [].
 * `metadata` is for strings about the file, like `{ format: "pt" }`.
 *
 * Throws ArgumentError for a key that the format keeps for itself (`__metadata__`) or that is no valid Unicode; DTypeError,
 * ShapeError, DisposedError.
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, TensorLike | number>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const functionName = "writeSafetensors";
  const written = new Map<string, Written | WrittenInteger>();
  for (const [key, value] of tensorsOf(functionName, tensors)) {
    checkWritable(key);
    const argument = `tensors[${quoteText(key)}]`;
    const isNumber = typeof value === "number";
    written.set(
      key,
      isNumber ? writtenInteger(functionName, argument, value) : writtenOf(functionName, argument, value),
    );
  }
  for (const text of Object.entries(metadata ?? {}).flat()) checkText(functionName, "metadata", text);
  const header = safetensorsHeader(written, metadata);
  const parts = [header.bytes, ...header.keys.map((key) => written.get(key)!.bytes)];
  return joined(parts);
}

function checkWritable(key: string): void {
  if (key === metadataKey)
    throw new ArgumentError("writeSafetensors", "tensors", `must not have the key ${metadataKey}`, "it");
}
