import { describe } from "../dtype.js";
import { ArgumentError, ShapeError } from "../errors.js";

/** What an argument may hold, and the phrase an error says it with. */
export interface Kind {
  readonly expected: string;
  accepts(value: unknown): boolean;
}

export const count: Kind = {
  expected: "must be a whole number of at least 1",
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
};

/** Sizes of axes, one or more. */
export const sizes: Kind = {
  expected: "must be an array of one or more whole numbers of at least 1",
  accepts: (value) => isShape(value) && value.length > 0,
};

export const epsilon: Kind = {
  expected: "must be a finite number of at least 0",
  accepts: (value) => Number.isFinite(value) && (value as number) >= 0,
};

/** null: the machine epsilon of the arithmetic. */
export const epsilonOrNull: Kind = orNull(epsilon);

/** The weight of new data in running statistics. */
export const momentum: Kind = {
  expected: "must be a number from 0 to 1",
  accepts: (value) => typeof value === "number" && value >= 0 && value <= 1,
};

/** null: all data weigh the same. */
export const momentumOrNull: Kind = orNull(momentum);

export const flag: Kind = {
  expected: "must be true or false",
  accepts: (value) => typeof value === "boolean",
};

function orNull({ expected, accepts }: Kind): Kind {
  return { expected: `${expected}, or null`, accepts: (value) => value === null || accepts(value) };
}

/** Throws ArgumentError when the value is not of the kind. */
export function requireKind(functionName: string, argument: string, kind: Kind, value: unknown): void {
  if (!kind.accepts(value)) throw new ArgumentError(functionName, argument, kind.expected, show(value));
}

/** Throws ShapeError when the value is not a shape, empty or of sizes of at least 1. */
export function requireShape(functionName: string, argument: string, value: unknown): void {
  if (!isShape(value))
    throw new ShapeError(functionName, argument, "must be an array of whole numbers of at least 1", show(value));
}

function isShape(value: unknown): value is number[] {
  // Array.from, because `every` skips the holes of a sparse array.
  return Array.isArray(value) && Array.from(value).every(count.accepts);
}

/** A value as it appears after "got": short arrays and strings as they are written, others by what they are. */
export function show(value: unknown): string {
  if (typeof value === "string") return shorten(JSON.stringify(value));
  return Array.isArray(value) ? shorten(`[${Array.from(value, describe).join(", ")}]`) : describe(value);
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
