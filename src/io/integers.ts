import { describe } from "../dtype.js";
import { ArgumentError, FormatError } from "../errors.js";
import { formatShape } from "../shape.js";
import { quoteText } from "./scanner.js";

/** Single integers of 64 bits: what PyTorch counts batches with, and all that we read of integers. */
const dtype = "I64";

interface Described {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** Whether an entry of a file is a single integer. */
export function isInteger(entry: Described): boolean {
  return entry.dtype === dtype && entry.shape.length === 0;
}

/** Throws FormatError for an entry that is no single integer. */
export function checkInteger(functionName: string, name: string, key: string, entry: Described): void {
  if (isInteger(entry)) return;
  const expected = `must have ${dtype} of shape [] in ${quoteText(key)}`;
  throw new FormatError(functionName, name, expected, `${quoteText(entry.dtype)} of ${formatShape(entry.shape)}`);
}

/** The integer that bytes hold. Throws FormatError for one that a number cannot. */
export function integerOf(functionName: string, name: string, key: string, bytes: Uint8Array): number {
  const integer = new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true);
  if (Number.isSafeInteger(Number(integer))) return Number(integer);
  const expected = `must have an integer of less than 2^53 in ${quoteText(key)}`;
  throw new FormatError(functionName, name, expected, String(integer));
}

/** An integer as a file has it. */
export interface WrittenInteger extends Described {
  readonly bytes: Uint8Array;
}

/** Throws ArgumentError for a number that is no integer, or too large to be an exact one. */
export function writtenInteger(functionName: string, argument: string, value: number): WrittenInteger {
  if (!Number.isSafeInteger(value))
    throw new ArgumentError(functionName, argument, "must be a tensor, or an integer below 2^53", describe(value));
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
  return { dtype, shape: [], bytes };
}
