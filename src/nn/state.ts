import { describe, quote } from "../dtype.js";
import { numbersOf, writeNumbers } from "../elements.js";
import { ArgumentError, ShapeError } from "../errors.js";
import { type Operand, reading } from "../ops/operand.js";
import { formatShape, sameShape } from "../shape.js";
import type { TensorLike } from "../tensor.js";
import { readable } from "./readable.js";

/** What a module has learnt, under PyTorch's keys: tensors, and `num_batches_tracked`, which is a number. */
export type StateDict = Record<string, TensorLike | number>;

/** The keys in which a state dict and a module differ, as PyTorch's load_state_dict returns them. */
export interface IncompatibleKeys {
  /** What the module has and the dict has not. */
  readonly missingKeys: readonly string[];
  /** What the dict has and the module has not. */
  readonly unexpectedKeys: readonly string[];
}

/** The state of a module, to be written: each tensor by its key, in PyTorch's order, and the count if there is one. */
export interface Slots {
  readonly tensors: ReadonlyMap<string, Operand>;
  readonly setCount: ((count: number) => void) | undefined;
}

const countKey = "num_batches_tracked";

/**
 * Loads a state dict, all of it or, if it throws, nothing. The count may always be missing: PyTorch adds it where dicts do
 * not say their version, because before 2018 there was none.
 */
export function loadState(
  functionName: string,
  slots: Slots,
  dict: unknown,
  { strict, prefix }: { readonly strict: boolean; readonly prefix: string },
): IncompatibleKeys {
  const given = entriesOf(functionName, dict, prefix);
  const known = (key: string) => slots.tensors.has(key) || (key === countKey && slots.setCount !== undefined);
  const missingKeys = [...slots.tensors.keys()].filter((key) => !given.has(key));
  const unexpectedKeys = [...given.keys()].filter((key) => !known(key));
  const sources = new Map<string, Operand>();
  for (const key of slots.tensors.keys())
    if (given.has(key)) sources.set(key, readable(functionName, `dict[${quote(prefix + key)}]`, given.get(key)));
  const misshapen = [...sources].filter(([key, { sizes }]) => !sameShape(sizes, slots.tensors.get(key)!.sizes));
  const count = slots.setCount && given.has(countKey) ? countOf(functionName, given.get(countKey)) : undefined;
  reject(functionName, slots, strict ? { missingKeys, unexpectedKeys } : nothing, misshapen);

  for (const [key, source] of sources) writeNumbers(slots.tensors.get(key)!, Float64Array.from(numbersOf(source)));
  if (count !== undefined) slots.setCount!(count);
  return { missingKeys, unexpectedKeys };
}

const nothing: IncompatibleKeys = { missingKeys: [], unexpectedKeys: [] };

/** What begins the keys of a module. */
export function prefixOf(functionName: string, value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  throw new ArgumentError(functionName, "prefix", "must be a string", describe(value));
}

/** What a dict has under keys that begin with `prefix`, by the rest of these. */
function entriesOf(functionName: string, dict: unknown, prefix: string): Map<string, unknown> {
  return reading(functionName, "dict", () => {
    // A Map's entries are no properties: it would look empty.
    if (typeof dict !== "object" || dict === null || Symbol.iterator in dict)
      throw new ArgumentError(functionName, "dict", "must be an object of tensors by their keys", describe(dict));
    const own = Object.entries(dict).filter(([key]) => key.startsWith(prefix));
    return new Map<string, unknown>(own.map(([key, value]) => [key.slice(prefix.length), value]));
  });
}

function countOf(functionName: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new ArgumentError(functionName, `dict["${countKey}"]`, "must be a whole number from 0 up", describe(value));
}

/** Throws one error for all that is wrong: ShapeError if it is shapes alone, or else ArgumentError. */
function reject(
  functionName: string,
  { tensors, setCount }: Slots,
  { missingKeys, unexpectedKeys }: IncompatibleKeys,
  misshapen: readonly (readonly [string, Operand])[],
): void {
  const faults = [
    ...fault("missing", missingKeys),
    ...fault("unexpected", unexpectedKeys),
    ...fault(
      "misshapen",
      misshapen.map(([key, { sizes }]) => `${key} ${formatShape(sizes)}`),
    ),
  ];
  if (faults.length === 0) return;
  const wanted = [...tensors].map(([key, { sizes }]) => `${key} ${formatShape(sizes)}`);
  const expected = listOf([...wanted, ...(setCount ? [countKey] : [])]) || "nothing";
  const ErrorClass = missingKeys.length + unexpectedKeys.length > 0 ? ArgumentError : ShapeError;
  throw new ErrorClass(functionName, "dict", `must hold ${expected}`, faults.join("; "));
}

function fault(name: string, keys: readonly string[]): string[] {
  return keys.length === 0 ? [] : [`${name}: ${listOf(keys)}`];
}

/** Keys that a message lists. */
const most = 12;

function listOf(keys: readonly string[]): string {
  const more = keys.length > most ? `, and ${keys.length - most} more` : "";
  return keys.slice(0, most).join(", ") + more;
}
