// What the Skip operators add to their input before they normalise it.

import { float32 } from "../../dtype.js";
import type { Tensor } from "../../tensor.js";
import { newTensor } from "../engine.js";
import { adding, mapTiles } from "../tiles.js";
import type { Call } from "./call.js";

/** x + skip + bias. */
export interface Sum {
  /** What is normalised: float32 instead of 16 bits, so that no digits are lost before the statistics. */
  readonly wide: Tensor;
  /** The output of that name, in x's dtype; undefined unless it is wanted. */
  readonly output: Tensor | undefined;
}

/** The sum, in float64 and rounded once, of terms whose elements start over after the last. */
export function sumOf(call: Call, x: Tensor, terms: readonly Tensor[], wanted: boolean): Sum {
  const isShort = x.format.bytes === 2;
  const wide = newTensor(call.engine, call.name, x, x.sizes, isShort ? float32 : x.format);
  const output = isShort && wanted ? newTensor(call.engine, call.name, x, x.sizes) : undefined;
  mapTiles(
    x,
    output ? [wide, output] : [wide],
    terms.map((term) => adding(term, x)),
  );
  return { wide, output: wanted ? (output ?? wide) : undefined };
}
