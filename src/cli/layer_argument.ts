import { type NormSpec, parseNormSpec } from "../convert/index.js";
import { LanenormError } from "../errors.js";
import { UsageError } from "./arguments.js";

/** A layer on the command line. One we cannot read is a mistake in it; layers that do not fit the data are not. */
export function parseLayer(text: string): NormSpec {
  try {
    return parseNormSpec(text);
  } catch (error) {
    throw error instanceof LanenormError ? new UsageError(`'${text}': ${error.message}`) : error;
  }
}
