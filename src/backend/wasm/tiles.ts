// Items that kernels take in one call, rows or blocks: where they are, or as many at a time as a tile holds.

import type { ScratchPlan } from "../../engine/scratch.js";
import { largestTileOf, bytesOf, isDirect, stageIn, stageOut, tileOf } from "../../engine/staging.js";
import type { Operand } from "../../ops/operand.js";
import type { WasmContext } from "./context.js";

/** Items that have their turn at once, or a part of one. */
export interface Tile {
  readonly to: number;
  readonly from: number;
  /** The first item, and how many. */
  readonly first: number;
  readonly count: number;
  /** Elements of each, and the first one's index: all, but of items that are larger than a tile. */
  readonly start: number;
  readonly length: number;
  /** Of parameters that start over after a period of items: those of the tile. */
  readonly parameter: number;
  readonly parameters: number;
}

/** A walk over items. */
export interface Tiles {
  /** Items at a time, at most; elements of each, at most; and parameters. */
  readonly most: number;
  readonly length: number;
  readonly parameters: number;
  forEach(visit: (tile: Tile) => void): void;
}

/**
 * Plans a walk over `items` items of `length` elements of x, of which `out`, if there is one, takes the results. At most
 * `limit` are taken at once. A tile, of `room` elements, holds whole periods of items, or lies within one.
 */
export function planTiles(
  context: WasmContext,
  plan: ScratchPlan,
  { x, out }: { x: Operand; out?: Operand },
  items: number,
  length: number,
  period = 1,
  limit = items,
  room = tileOf(x.format.compute),
): Tiles {
  const direct = isDirect(x);
  const bytes = bytesOf(x.format.compute);
  const tile = direct ? Infinity : room;
  const part = Math.min(length, tile);
  const fitting = Math.min(items, limit, Math.max(1, Math.floor(tile / length)));
  const whole = period <= fitting;
  const most = whole ? fitting - (fitting % period) : fitting;
  const tileAt = direct ? 0 : plan.add(most * part, bytes);
  const parametersOf = (count: number) => (whole ? period : count);

  function forEach(visit: (tile: Tile) => void): void {
    for (let start = 0; start < length; start += part) {
      for (let first = 0; first < items;) {
        const parameter = whole ? 0 : first % period;
        const count = Math.min(most, items - first, whole ? items : period - parameter);
        const elements = Math.min(part, length - start);
        const index = first * length + start;
        const from = direct ? x.offset + index * bytes : plan.base + tileAt;
        const to = direct && out ? out.offset + index * bytes : from;
        if (!direct) stageIn(context, from, x, index, count * elements);
        visit({ to, from, first, count, start, length: elements, parameter, parameters: parametersOf(count) });
        if (!direct && out) stageOut(context, to, out, index, count * elements);
        first += count;
      }
    }
  }

  return { most, length: part, parameters: parametersOf(most), forEach };
}

/** Whether kernels can take blocks of steps of columns whole, where they are or in a tile. */
export function fitsTile(x: Operand, steps: number, columns: number): boolean {
  return isDirect(x) || steps * columns <= largestTileOf(x.format.compute);
}

/** planTiles for items that are taken whole, if a tile has to be larger for it. */
export function planWholeTiles(
  context: WasmContext,
  plan: ScratchPlan,
  operands: { x: Operand; out?: Operand },
  items: number,
  length: number,
  period = 1,
  limit = items,
): Tiles {
  const room = Math.max(length, tileOf(operands.x.format.compute));
  return planTiles(context, plan, operands, items, length, period, limit, room);
}
