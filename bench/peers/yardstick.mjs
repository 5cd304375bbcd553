// Textbook-fast kernels that take no care of accuracy, kept outside the repository: in `shared/` beside the checkout,
// or where LANENORM_YARDSTICK says. They see the same caches, clock and neighbours, so a ratio to them is stable.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { sizeOf } from "../shapes.mjs";

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

/** The yardstick's { run, copy } for a shape, or undefined if it has none: its sizes are multiples of 16. */
export function yardstickOf(yardstick, { op, shape, groups }) {
  const rows = op === "layerNorm";
  const [samples, channels] = shape;
  const span = sizeOf(shape.slice(2));
  const inSixteens = rows ? channels % 16 === 0 : channels % 16 === 0 && span % 16 === 0;
  if (!yardstick || !inSixteens) return undefined;
  return rows ? yardstick("layer_norm", shape) : yardstick("group_norm", [samples, channels, span, groups]);
}
