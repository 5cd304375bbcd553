// Tensors with channels, [N, C, ...] or [N, ..., C].

import { quote } from "../dtype.js";
import { ArgumentError, ShapeError } from "../errors.js";
import type { ChannelShape } from "../plan.js";
import { formatShape, sizeOf } from "../shape.js";
import type { Operand } from "./operand.js";

/** Where the channels are: [N, C, ...] or [N, ..., C]. */
export type Layout = "channels-first" | "channels-last";

/** Whether channels come last. */
function isLast(functionName: string, layout: unknown): boolean {
  if (layout === undefined || layout === "channels-first") return false;
  if (layout === "channels-last") return true;
  throw new ArgumentError(functionName, "layout", 'must be "channels-first" or "channels-last"', quote(layout));
}

/** The samples, channels and elements per channel of x. */
export function channelShapeOf(
  functionName: string,
  { sizes }: Operand,
  layout: unknown,
  minimumRank = 2,
): ChannelShape {
  const last = isLast(functionName, layout);
  if (sizes.length < minimumRank) {
    const spatial = minimumRank > 2 ? "L, ..." : "...";
    const expected = last ? `must have shape [N, ${spatial}, C]` : `must have shape [N, C, ${spatial}]`;
    throw new ShapeError(functionName, "x", expected, formatShape(sizes));
  }
  const spatial = last ? sizes.slice(1, -1) : sizes.slice(2);
  return { samples: sizes[0], channels: last ? sizes[sizes.length - 1] : sizes[1], span: sizeOf(spatial), last };
}
