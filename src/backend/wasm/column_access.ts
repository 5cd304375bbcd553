// Blocks of steps of columns that no kernel takes in one call: larger than a tile, or with steps scattered in pieces. How
// a strip of their columns comes to where kernels can read it, and goes back.

import type { ScratchPlan } from "../../engine/scratch.js";
import { blockTileOf, bytesOf, isDirect, stageIn, stageOut, tileOf } from "../../engine/staging.js";
import type { Operand } from "../../ops/operand.js";
import type { WasmContext } from "./context.js";

/** Where the blocks of a tensor are, in elements. Steps of a piece follow each other, `columns` elements apart. */
export interface ColumnBlocks {
  readonly starts: Float64Array;
  /** Where the pieces of a block begin, from its start. */
  readonly pieces: Float64Array;
  readonly steps: number;
  readonly columns: number;
  readonly width: number;
}

/** Access to one strip of one block at a time, in parts of a piece. */
export interface ColumnAccess {
  /** Elements from one step to the next, where kernels read. */
  readonly stride: number;
  /** Steps of a part. */
  readonly partSteps: number;
  /** Turns to `count` columns from column `first` on of the block that begins at `start`. */
  open(start: number, first: number, count: number): void;
  /** Every `every`th step of the first piece: where they are, and the elements from one to the next. */
  sample(steps: number, every: number): { at: number; stride: number };
  /** The address of steps of a piece, to read. */
  read(piece: number, step: number, steps: number): number;
  /** Where the map of the part that was read last may write. */
  target(piece: number, step: number): number;
  /** Takes what the map has written there. */
  write(piece: number, step: number, steps: number): void;
}

/** Columns of a strip that are staged at least, unless there are fewer: rows of four kilobytes copy at speed. */
const NARROWEST = 1024;

/** How many columns of blocks have their turn at once, at most `limit`, and how many of their steps. */
export function stripOf(
  { pieces, steps, columns, width }: ColumnBlocks,
  x: Operand,
  limit: number,
): { strip: number; partSteps: number } {
  const multiple = (count: number) => Math.max(width, Math.floor(Math.min(count, limit, columns) / width) * width);
  if (isDirect(x)) return { strip: multiple(columns), partSteps: steps };
  const { compute } = x.format;
  const whole = multiple(blockTileOf(compute) / (pieces.length * steps));
  if (whole >= Math.min(NARROWEST, columns)) return { strip: whole, partSteps: steps };
  const strip = multiple(columns);
  return { strip, partSteps: Math.max(UNIT, Math.floor(tileOf(compute) / strip / UNIT) * UNIT) };
}

/** Parts are cut at multiples of this, which is one of every unit of steps in assembly/columns. */
const UNIT = 64;

/** Plans access to strips of at most `strip` columns. */
export function planColumnAccess(
  context: WasmContext,
  plan: ScratchPlan,
  x: Operand,
  out: Operand,
  blocks: ColumnBlocks,
  strip: number,
  partSteps: number,
): (base: number) => ColumnAccess {
  const { pieces, steps, columns } = blocks;
  if (isDirect(x)) return () => direct(x, out, blocks, partSteps);
  const kept = pieces.length * steps * strip <= blockTileOf(x.format.compute);
  const tileAt = plan.add(kept ? pieces.length * steps * strip : partSteps * strip, bytesOf(x.format.compute));
  return (base) => new StagedColumns(context, x, out, { pieces, steps, columns }, base + tileAt, partSteps, kept);
}

/** Kernels read and write the operands themselves. */
function direct(x: Operand, out: Operand, { pieces, columns }: ColumnBlocks, partSteps: number): ColumnAccess {
  const { bytes } = x.format;
  let begin = 0;
  const at = (piece: number, step: number) => (begin + pieces[piece] + step * columns) * bytes;
  return {
    stride: columns,
    partSteps,
    open: (start, first) => {
      begin = start + first;
    },
    sample: (_, every) => ({ at: x.offset + at(0, 0), stride: every * columns }),
    read: (piece, step) => x.offset + at(piece, step),
    target: (piece, step) => out.offset + at(piece, step),
    write: () => {},
  };
}

/** Steps pass through a tile whenever they are read; or, if they are `kept`, once for all. */
class StagedColumns implements ColumnAccess {
  stride = 0;
  readonly partSteps: number;
  readonly #context: WasmContext;
  readonly #x: Operand;
  readonly #out: Operand;
  readonly #blocks: Pick<ColumnBlocks, "pieces" | "steps" | "columns">;
  readonly #tile: number;
  readonly #kept: boolean;
  #begin = 0;

  constructor(
    context: WasmContext,
    x: Operand,
    out: Operand,
    blocks: Pick<ColumnBlocks, "pieces" | "steps" | "columns">,
    tile: number,
    partSteps: number,
    kept: boolean,
  ) {
    this.#context = context;
    this.#x = x;
    this.#out = out;
    this.#blocks = blocks;
    this.#tile = tile;
    this.partSteps = partSteps;
    this.#kept = kept;
  }

  open(start: number, first: number, count: number): void {
    this.#begin = start + first;
    this.stride = count;
    if (!this.#kept) return;
    const { pieces, steps } = this.#blocks;
    for (let piece = 0; piece < pieces.length; piece++) this.#stage(stageIn, this.#x, piece, 0, steps, 1);
  }

  sample(steps: number, every: number): { at: number; stride: number } {
    if (this.#kept) return { at: this.#tile, stride: every * this.stride };
    this.#stage(stageIn, this.#x, 0, 0, steps, every);
    return { at: this.#tile, stride: this.stride };
  }

  read(piece: number, step: number, steps: number): number {
    if (!this.#kept) this.#stage(stageIn, this.#x, piece, step, steps, 1);
    return this.target(piece, step);
  }

  target(piece: number, step: number): number {
    if (!this.#kept) return this.#tile;
    return this.#tile + (piece * this.#blocks.steps + step) * this.stride * bytesOf(this.#x.format.compute);
  }

  write(piece: number, step: number, steps: number): void {
    this.#stage(stageOut, this.#out, piece, step, steps, 1);
  }

  /** Moves steps between the tile and an operand: all at once where they follow each other there too. */
  #stage(move: typeof stageIn, operand: Operand, piece: number, step: number, steps: number, every: number): void {
    const { pieces, columns } = this.#blocks;
    const at = this.target(piece, step);
    const from = this.#begin + pieces[piece] + step * columns;
    const { stride } = this;
    if (stride === columns && every === 1) {
      move(this.#context, at, operand, from, steps * columns);
      return;
    }
    const bytes = stride * bytesOf(this.#x.format.compute);
    for (let i = 0; i < steps; i++) move(this.#context, at + i * bytes, operand, from + i * every * columns, stride);
  }
}
