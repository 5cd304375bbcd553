// Blocks that no kernel takes in one call: larger than a tile, or scattered over the tensor in pieces. How their elements
// come to where kernels can read them, strip by strip and part by part, and go back.

import type { ScratchPlan } from "../../engine/scratch.js";
import { largestTileOf, bytesOf, isDirect, stageIn, stageOut, tileOf } from "../../engine/staging.js";
import type { Operand } from "../../ops/operand.js";
import { type Blocks, startOf } from "../blocks.js";
import type { WasmContext } from "./context.js";

/** How many columns of blocks have their turn at once, and how many of their steps. */
export interface Strip {
  readonly strip: number;
  readonly partSteps: number;
}

/** Columns of a strip that are staged at least, unless there are fewer: rows of four kilobytes copy at speed. */
const NARROWEST = 1024;
/** Parts are cut at multiples of this, which is one of every unit of steps in assembly/columns. */
const UNIT = 64;

/** Strips of blocks of columns, of at most `limit` columns. */
export function stripOf({ pieces, steps, columns, width }: Blocks, x: Operand, limit: number): Strip {
  const multiple = (count: number) => Math.max(width, Math.floor(Math.min(count, limit, columns) / width) * width);
  if (isDirect(x)) return { strip: multiple(columns), partSteps: steps };
  const { compute } = x.format;
  const room = largestTileOf(compute) / (pieces.length * steps);
  const whole = multiple(room);
  // A group wider than the room for it is no reason to stage all of its steps.
  if (whole >= Math.min(NARROWEST, columns) && whole <= room) return { strip: whole, partSteps: steps };
  const strip = multiple(columns);
  return { strip, partSteps: Math.max(UNIT, Math.floor(tileOf(compute) / strip / UNIT) * UNIT) };
}

/** The only column, in parts of a tile. */
export function stripOfGroup({ format }: Operand): Strip {
  return { strip: 1, partSteps: tileOf(format.compute) };
}

/**
 * Access to one strip of one block at a time. Kernels read and write direct operands themselves. Others pass through a
 * tile: whenever they are read; or, if a strip fits, once for all.
 */
export interface Access {
  /** Steps of a part, but for the last of a piece. */
  readonly partSteps: number;
  /** Opens strip after strip of block after block: `count` columns from column `first` on. */
  forEachStrip(visit: (block: number, first: number, count: number) => void): void;
  /** Every `every`th step of the first piece: where they are, and the elements from one to the next. */
  sample(steps: number, every: number): { at: number; stride: number };
  /** The address of steps of a piece, to read. */
  read(piece: number, step: number, steps: number): number;
  /** Takes parts of the open strip in order. */
  sweep(take: (at: number, steps: number, stride: number) => void, endPiece?: () => void): void;
  /**
   * Maps the open strip part by part: `element` is the index of the part's first step among those of all pieces. Last
   * first: what was read last is still in a cache.
   */
  map(map: (to: number, from: number, steps: number, stride: number, element: number) => void): void;
}

/** Plans access to blocks of x, with results in `out` (x itself, where there are none). */
export function planAccess(
  context: WasmContext,
  plan: ScratchPlan,
  { x, out = x }: { x: Operand; out?: Operand },
  layout: Blocks,
  { strip, partSteps }: Strip,
): Access {
  const { blocks, pieces, steps, columns } = layout;
  const { compute } = x.format;
  const bytes = bytesOf(compute);
  const direct = isDirect(x);
  const all = pieces.length * steps * strip;
  // Whether all of a strip is in the tile from when it is opened.
  const kept = !direct && all <= largestTileOf(compute);
  const tileAt = direct ? 0 : plan.add(kept ? all : partSteps * strip, bytes);
  // The open strip's first element, and the elements from one step to the next where kernels read.
  let [begin, stride] = [0, 0];

  /** The index of a step in the tensor. */
  function indexOf(piece: number, step: number): number {
    return begin + pieces[piece] + step * columns;
  }

  /** The address of a step: in the operand, or in the tile. */
  function addressOf(operand: Operand, piece: number, step: number): number {
    if (direct) return operand.offset + indexOf(piece, step) * bytes;
    return plan.base + tileAt + (kept ? (piece * steps + step) * stride : 0) * bytes;
  }

  /** Moves steps between the tile and an operand: all at once where they follow each other there too. */
  function stage(move: typeof stageIn, operand: Operand, piece: number, step: number, count: number, every = 1): void {
    const at = addressOf(operand, piece, step);
    const index = indexOf(piece, step);
    if (stride === columns && every === 1) move(context, at, operand, index, count * columns);
    else {
      for (let i = 0; i < count; i++) {
        move(context, at + i * stride * bytes, operand, index + i * every * columns, stride);
      }
    }
  }

  function read(piece: number, step: number, count: number): number {
    if (!direct && !kept) stage(stageIn, x, piece, step, count);
    return addressOf(x, piece, step);
  }

  return {
    partSteps,
    read,

    forEachStrip(visit) {
      for (let block = 0; block < blocks; block++) {
        for (let first = 0; first < columns; first += strip) {
          const count = Math.min(strip, columns - first);
          begin = startOf(layout, block) + first;
          stride = direct ? columns : count;
          if (kept) for (let piece = 0; piece < pieces.length; piece++) stage(stageIn, x, piece, 0, steps);
          visit(block, first, count);
        }
      }
    },

    sample(count, every) {
      if (direct || kept) return { at: addressOf(x, 0, 0), stride: every * stride };
      stage(stageIn, x, 0, 0, count, every);
      return { at: addressOf(x, 0, 0), stride };
    },

    sweep(take, endPiece) {
      for (let piece = 0; piece < pieces.length; piece++) {
        for (let step = 0; step < steps; step += partSteps) {
          const part = Math.min(partSteps, steps - step);
          take(read(piece, step, part), part, stride);
        }
        endPiece?.();
      }
    },

    map(map) {
      const lastStep = Math.floor((steps - 1) / partSteps) * partSteps;
      for (let piece = pieces.length - 1; piece >= 0; piece--) {
        for (let step = lastStep; step >= 0; step -= partSteps) {
          const part = Math.min(partSteps, steps - step);
          const from = read(piece, step, part);
          map(addressOf(out, piece, step), from, part, stride, piece * steps + step);
          if (!direct) stage(stageOut, out, piece, step, part);
        }
      }
    },
  };
}
