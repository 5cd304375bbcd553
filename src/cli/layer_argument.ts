import { type NormSpec, parseNormSpec } from "../convert/index.js";
import { LanenormError } from "../errors.js";
import { UsageError } from "./arguments.js";
import { asTyped } from "./layer_error.js";

/** A layer on the command line. One we cannot read is a mistake in it; layers that do not fit the data are not. */
export function parseLayer(text: string): NormSpec {
  try {
    return parseNormSpec(text);
  } catch (error) {
    throw error instanceof LanenormError ? new UsageError(complaintOf(error, text)) : error;
  }
}

function complaintOf({ argument, expected, got }: LanenormError, layer: string): string {
  // What is wrong with the text as a whole quotes it, no longer than it needs to.
  const subject = argument === "text" ? "a layer" : `${asTyped(argument)} of '${layer}'`;
  return `${subject} ${asTyped(expected)}, got ${got === "undefined" ? "none" : got}`;
}
