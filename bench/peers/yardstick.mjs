// Textbook-fast kernels that take no care of accuracy, kept outside the repository: in `shared/` beside the checkout,
// or where LANENORM_YARDSTICK says. They see the same caches, clock and neighbours, so a ratio to them is stable.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { sizeOf } from "../entries.mjs";

/** The yardstick's function, or undefined where there is none. An explicit place that is not there is an error. */
export async function loadYardstick() {
  const given = process.env.LANENORM_YARDSTICK;
  const place = given
    ? pathToFileURL(resolve(given))
    : new URL("../../../shared/yardstick/yardstick.mjs", import.meta.url);
  if (!given && !existsSync(place)) return undefined;
  const { yardstick } = await import(place.href);
  return yardstick;
}

/**
 * The yardstick's { run, copy } for an entry, or undefined if it has none: it is float32, and its sizes are multiples of
 * 16. RMS norm is held to layer norm's, instance norm to that of groups of one channel, and backward of groups, or of the
 * channels of samples, to that of as many rows, all gradients or not.
 */
export function yardstickOf(yardstick, entry) {
  if (!yardstick || entry.dtype !== "float32") return undefined;
  const sizes = sizesOf[entry.op]?.(entry);
  if (!sizes) return undefined;
  const [kind, ...numbers] = sizes;
  return numbers.slice(1, 3).every((size) => size % 16 === 0) ? yardstick(kind, numbers) : undefined;
}

const sizesOf = {
  layerNorm: ({ shape }) => ["layer_norm", ...shape],
  rmsNorm: ({ shape }) => ["layer_norm", ...shape],
  groupNorm: (entry) => channelSizes(entry, entry.argument),
  instanceNorm: (entry) => channelSizes(entry),
  layerNormBackward: ({ shape }) => ["layer_norm_backward", ...shape],
  rmsNormBackward: ({ shape }) => ["layer_norm_backward", ...shape],
  groupNormBackward: (entry) => backwardSizes(entry, entry.argument),
  instanceNormBackward: (entry) => backwardSizes(entry),
  batchNormBackward: (entry) => backwardSizes(entry),
};

function backwardSizes({ shape, layout }, groups = layout === "channels-last" ? shape.at(-1) : shape[1]) {
  const rows = shape[0] * groups;
  return ["layer_norm_backward", rows, sizeOf(shape) / rows];
}

function channelSizes({ shape, layout }, groups) {
  const last = layout === "channels-last";
  const channels = last ? shape.at(-1) : shape[1];
  const places = sizeOf(last ? shape.slice(1, -1) : shape.slice(2));
  const sizes = last ? [places, channels] : [channels, places];
  return [last ? "group_norm_last" : "group_norm", shape[0], ...sizes, groups ?? channels];
}
