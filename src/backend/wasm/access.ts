// Blocks that no kernel takes in one call: larger than a tile, or scattered over the tensor in pieces. How their elements
// come to where kernels can read them, strip by strip and part by part, and go back.

import type { ScratchPlan } from "../../engine/scratch.js";
import { blockTileOf, bytesOf, isDirect, stageIn, stageOut, tileOf } from "../../engine/staging.js";
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
  const room = blockTileOf(compute) / (pieces.length * steps);
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
export class Access {
  /** Elements from one step to the next, where kernels read. */
  stride = 0;
  readonly partSteps: number;
  readonly #context: WasmContext;
  readonly #plan: ScratchPlan;
  readonly #x: Operand;
  readonly #out: Operand;
  readonly #blocks: Blocks;
  readonly #strip: number;
  readonly #direct: boolean;
  /** Whether all of a strip is in the tile from when it is opened. */
  readonly #kept: boolean;
  readonly #bytes: 4 | 8;
  readonly #tileAt: number;
  #begin = 0;

  /** Plans access to blocks of x, with results in `out` (x itself, where there are none). */
  constructor(
    context: WasmContext,
    plan: ScratchPlan,
    { x, out = x }: { x: Operand; out?: Operand },
    blocks: Blocks,
    { strip, partSteps }: Strip,
  ) {
    const all = blocks.pieces.length * blocks.steps * strip;
    this.#context = context;
    this.#plan = plan;
    this.#x = x;
    this.#out = out;
    this.#blocks = blocks;
    this.#strip = strip;
    this.partSteps = partSteps;
    this.#direct = isDirect(x);
    this.#kept = !this.#direct && all <= (strip === 1 ? tileOf : blockTileOf)(x.format.compute);
    this.#bytes = bytesOf(x.format.compute);
    this.#tileAt = this.#direct ? 0 : plan.add(this.#kept ? all : partSteps * strip, this.#bytes);
  }

  /** Opens strip after strip of block after block: `count` columns from column `first` on. */
  forEachStrip(visit: (block: number, first: number, count: number) => void): void {
    const { blocks, columns } = this.#blocks;
    for (let block = 0; block < blocks; block++) {
      for (let first = 0; first < columns; first += this.#strip) {
        const count = Math.min(this.#strip, columns - first);
        this.#open(startOf(this.#blocks, block) + first, count);
        visit(block, first, count);
      }
    }
  }

  /** Every `every`th step of the first piece: where they are, and the elements from one to the next. */
  sample(steps: number, every: number): { at: number; stride: number } {
    const staged = !this.#direct && !this.#kept;
    if (staged) this.#stage(stageIn, this.#x, 0, 0, steps, every);
    return { at: this.#at(this.#x, 0, 0), stride: staged ? this.stride : every * this.stride };
  }

  /** The address of steps of a piece, to read. */
  read(piece: number, step: number, steps: number): number {
    if (!this.#direct && !this.#kept) this.#stage(stageIn, this.#x, piece, step, steps, 1);
    return this.#at(this.#x, piece, step);
  }

  /** Takes parts of the open strip in order. */
  sweep(take: (at: number, steps: number, stride: number) => void, endPiece?: () => void): void {
    const { pieces, steps } = this.#blocks;
    for (let piece = 0; piece < pieces.length; piece++) {
      for (let step = 0; step < steps; step += this.partSteps) {
        const part = Math.min(this.partSteps, steps - step);
        take(this.read(piece, step, part), part, this.stride);
      }
      endPiece?.();
    }
  }

  /**
   * Maps the open strip part by part: `element` is the index of the part's first step among those of all pieces. Last
   * first: what was read last is still in a cache.
   */
  map(map: (to: number, from: number, steps: number, stride: number, element: number) => void): void {
    const { pieces, steps } = this.#blocks;
    const lastStep = Math.floor((steps - 1) / this.partSteps) * this.partSteps;
    for (let piece = pieces.length - 1; piece >= 0; piece--) {
      for (let step = lastStep; step >= 0; step -= this.partSteps) {
        const part = Math.min(this.partSteps, steps - step);
        const from = this.read(piece, step, part);
        map(this.#at(this.#out, piece, step), from, part, this.stride, piece * steps + step);
        if (!this.#direct) this.#stage(stageOut, this.#out, piece, step, part, 1);
      }
    }
  }

  #open(begin: number, count: number): void {
    const { pieces, steps, columns } = this.#blocks;
    this.#begin = begin;
    this.stride = this.#direct ? columns : count;
    if (!this.#kept) return;
    for (let piece = 0; piece < pieces.length; piece++) this.#stage(stageIn, this.#x, piece, 0, steps, 1);
  }

  /** The index of a step in the tensor. */
  #index(piece: number, step: number): number {
    return this.#begin + this.#blocks.pieces[piece] + step * this.#blocks.columns;
  }

  /** The address of a step: in the operand, or in the tile. */
  #at(operand: Operand, piece: number, step: number): number {
    if (this.#direct) return operand.offset + this.#index(piece, step) * this.#bytes;
    const index = this.#kept ? (piece * this.#blocks.steps + step) * this.stride : 0;
    return this.#plan.base + this.#tileAt + index * this.#bytes;
  }

  /** Moves steps between the tile and an operand: all at once where they follow each other there too. */
  #stage(move: typeof stageIn, operand: Operand, piece: number, step: number, steps: number, every: number): void {
    const { columns } = this.#blocks;
    const at = this.#at(operand, piece, step);
    const from = this.#index(piece, step);
    const { stride } = this;
    if (stride === columns && every === 1) {
      move(this.#context, at, operand, from, steps * columns);
      return;
    }
    const bytes = stride * this.#bytes;
    for (let i = 0; i < steps; i++) move(this.#context, at + i * bytes, operand, from + i * every * columns, stride);
  }
}
