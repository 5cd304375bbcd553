// A group of elements that no kernel takes in one call: a host row longer than a tile, or one that is scattered over
// the tensor in pieces. How its elements come to where kernels can read them, and go back.

import type { ScratchPlan } from "../../engine/scratch.js";
import { bytesOf, isDirect, stageIn, stageOut, tileOf } from "../../engine/staging.js";
import type { Operand } from "../../ops/operand.js";
import { kernelsFor, type WasmContext } from "./context.js";

/** `pieces` runs of `run` contiguous elements, in order; startOf says where each begins. */
export interface Pieces {
  readonly pieces: number;
  readonly run: number;
  startOf(piece: number): number;
}

/** Access to the elements of one group at a time, in parts of a piece of at most a tile. */
export interface GroupAccess {
  /** Turns to a group. */
  open(group: Pieces): void;
  /** The first guess of the group's mean, from its first piece; see firstShift in assembly/moments.ts. */
  firstShift(): number;
  /** The address of a part of a piece, to read. */
  read(piece: number, start: number, count: number): number;
  /** Where the map of the part that was read last may write. */
  target(piece: number, start: number): number;
  /** Takes what the map has written there. */
  write(piece: number, start: number, count: number): void;
}

/** Plans access to groups of `n` elements of x, with results in `out` (x itself, where there are none). */
export function planAccess(
  context: WasmContext,
  plan: ScratchPlan,
  x: Operand,
  out: Operand,
  n: number,
): (base: number) => GroupAccess {
  if (isDirect(x)) return () => direct(context, x, out);
  const { compute } = x.format;
  const tile = tileOf(compute);
  const tileAt = plan.add(Math.min(n, tile), bytesOf(compute));
  return (base) => (n <= tile ? kept(context, x, out, base + tileAt) : staged(context, x, out, base + tileAt));
}

/** Kernels read and write the operands themselves. */
function direct(context: WasmContext, x: Operand, out: Operand): GroupAccess {
  const kernels = kernelsFor(context, x);
  const { bytes } = x.format;
  let group: Pieces;
  return {
    open: (next) => {
      group = next;
    },
    firstShift: () => kernels.first_shift(x.offset + group.startOf(0) * bytes, group.run),
    read: (piece, start) => x.offset + (group.startOf(piece) + start) * bytes,
    target: (piece, start) => out.offset + (group.startOf(piece) + start) * bytes,
    write: () => {},
  };
}

/** The whole group is in the tile from when it is opened. */
function kept(context: WasmContext, x: Operand, out: Operand, tile: number): GroupAccess {
  const kernels = kernelsFor(context, x);
  const bytes = bytesOf(x.format.compute);
  let group: Pieces;
  const at = (piece: number, start: number) => tile + (piece * group.run + start) * bytes;
  return {
    open: (next) => {
      group = next;
      for (let piece = 0; piece < group.pieces; piece++) {
        stageIn(context, at(piece, 0), x, group.startOf(piece), group.run);
      }
    },
    firstShift: () => kernels.first_shift(tile, group.run),
    read: at,
    target: at,
    write: (piece, start, count) => {
      stageOut(context, at(piece, start), out, group.startOf(piece) + start, count);
    },
  };
}

/** Each part passes through the tile whenever it is read. */
function staged(context: WasmContext, x: Operand, out: Operand, tile: number): GroupAccess {
  const kernels = kernelsFor(context, x);
  const { compute } = x.format;
  let group: Pieces;
  return {
    open: (next) => {
      group = next;
    },
    firstShift: () => {
      const { run } = group;
      const first = group.startOf(0);
      if (run <= tileOf(compute)) {
        stageIn(context, tile, x, first, run);
        return kernels.first_shift(tile, run);
      }
      const bytes = bytesOf(compute);
      for (let i = 0; i < 8; i++) stageIn(context, tile + i * bytes, x, first + i * Math.floor(run / 8), 1);
      return kernels.mean_of_eight(tile, bytes);
    },
    read: (piece, start, count) => {
      stageIn(context, tile, x, group.startOf(piece) + start, count);
      return tile;
    },
    target: () => tile,
    write: (piece, start, count) => {
      stageOut(context, tile, out, group.startOf(piece) + start, count);
    },
  };
}

/** Visits a group part by part. */
export function forEachPart(
  { pieces, run }: Pieces,
  tile: number,
  visit: (piece: number, start: number, count: number) => void,
): void {
  for (let piece = 0; piece < pieces; piece++) {
    for (let start = 0; start < run; start += tile) visit(piece, start, Math.min(tile, run - start));
  }
}

/** Visits a group part by part, last first: what was read last is still in a cache. */
export function forEachPartBackwards(
  { pieces, run }: Pieces,
  tile: number,
  visit: (piece: number, start: number, count: number) => void,
): void {
  const lastStart = Math.floor((run - 1) / tile) * tile;
  for (let piece = pieces - 1; piece >= 0; piece--) {
    for (let start = lastStart; start >= 0; start -= tile) visit(piece, start, Math.min(tile, run - start));
  }
}
