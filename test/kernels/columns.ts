import { expect } from "vitest";
import { compileSync, instantiate, type KernelSet } from "../../src/engine/module.js";
import { groupByAxes, type Grouping } from "../support/reference/grouping.js";

export type ColumnsDtype = "float32" | "float64";
export type Numbers = Float32Array | Float64Array;

/** `blocks` blocks of `steps` steps of contiguous columns; a group is `width` columns of every step of a block. */
export interface ColumnShape {
  readonly blocks: number;
  readonly steps: number;
  readonly columns: number;
  readonly width: number;
}

export interface Normalized {
  readonly output: Numbers;
  readonly mean: Numbers;
  readonly rstd: Numbers;
}

export interface NormOptions {
  readonly gamma?: Numbers;
  readonly beta?: Numbers;
  readonly eps?: number;
  /** Besides HAS_GAMMA, HAS_BETA and WANTS_STATISTICS. */
  readonly flags?: number;
  /** gamma and beta per step, not per column. */
  readonly bySteps?: boolean;
  readonly inPlace?: boolean;
  /** Elements that x and out are moved by from an aligned address. */
  readonly offset?: number;
}

export const UNCENTRED = 8;
export const WANTS_MOMENTS = 16;
export const STRIP = 32;
const BY_STEPS = 128;
export const RESCALE = 2;

/** A byte that no kernel may change, and of which NaN is made if one reads it. */
const CANARY = 0xff;
const START = 4096;
const MARGIN = 128;

/** A name of ColumnKernels, without what all have in common. */
type Name = keyof KernelSet extends infer K ? (K extends `columns_${infer Rest}` ? Rest : never) : never;

/** The column kernels of one dtype on a memory of which every byte outside their operands is watched. */
export class ColumnMemory {
  readonly memory: WebAssembly.Memory;
  readonly kernels: KernelSet;
  private end = START;
  private outputs: [number, number][] = [];

  constructor(
    readonly dtype: ColumnsDtype,
    pages: number,
  ) {
    this.memory = new WebAssembly.Memory({ initial: pages });
    this.kernels = instantiate(compileSync(), this.memory)[dtype];
  }

  get elementBytes(): number {
    return this.dtype === "float32" ? 4 : 8;
  }

  kernel<N extends Name>(name: N): KernelSet[`columns_${N}`] {
    return this.kernels[`columns_${name}`];
  }

  numbers(values: ArrayLike<number>): Numbers {
    return this.dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);
  }

  view(address: number, count: number): Numbers {
    const { buffer } = this.memory;
    return this.dtype === "float32"
      ? new Float32Array(buffer, address, count)
      : new Float64Array(buffer, address, count);
  }

  reset(): void {
    new Uint8Array(this.memory.buffer).fill(CANARY, 0, START);
    this.end = START;
    this.outputs = [];
  }

  /** Bytes that kernels may write. */
  take(bytes: number, offset = 0): number {
    const address = this.end + MARGIN + offset;
    const start = this.end;
    this.end = Math.ceil((address + bytes) / 64) * 64;
    if (this.end + MARGIN > this.memory.buffer.byteLength) throw new RangeError("the test's memory is too small");
    new Uint8Array(this.memory.buffer).fill(CANARY, start, this.end + MARGIN);
    this.outputs.push([address, address + bytes]);
    return address;
  }

  /** Operands that kernels only read. */
  place(values: Numbers, offset = 0): number {
    const address = this.take(values.length * this.elementBytes, offset);
    this.view(address, values.length).set(values);
    return address;
  }

  /** Nothing outside of what was taken has changed. */
  expectUntouched(label: string): void {
    const bytes = new Uint8Array(this.memory.buffer);
    let at = 0;
    for (const [start, end] of [...this.outputs, [this.end + MARGIN, 0] as const]) {
      for (; at < start; at++)
        if (bytes[at] !== CANARY) expect.fail(`${label}: byte ${at} before ${start} has changed`);
      at = end;
    }
  }

  /** Pieces that others follow have a multiple of this many steps: four times as many as a state takes for one. */
  unit(columns: number): number {
    this.reset();
    const state = this.take(this.kernel("state_bytes")(columns, 1, 0));
    this.kernel("begin")(state, columns, 1, 0);
    const foldAt = 8;
    return 4 * new Int32Array(this.memory.buffer, state + foldAt, 1)[0];
  }

  /** Whether columns_norm takes fewer columns at a time than there are: it has no room for the state of all. */
  isStripped(columns: number, width: number): boolean {
    return this.kernel("norm_bytes")(columns, width) < this.kernel("state_bytes")(columns, width, 0);
  }

  /** columns_norm. */
  norm(shape: ColumnShape, x: Numbers, options: NormOptions = {}): Normalized {
    const { blocks, steps, columns, width } = shape;
    const { eps = 1e-5 } = options;
    const { target, source, gamma, beta, mean, rstd, flags } = this.placeAll(shape, x, options);
    const scratch = this.take(this.kernel("norm_bytes")(columns, width));
    const run = this.kernel("norm");
    const by = options.bySteps ? BY_STEPS : 0;
    run(target, source, gamma, beta, mean, rstd, blocks, steps, columns, width, eps, scratch, flags | by);
    return this.results(shape, x.length, target, mean, rstd, flags);
  }

  /** The same with the resumable kernels, `cuts` being where a block's steps are cut. */
  normInPieces(shape: ColumnShape, x: Numbers, cuts: readonly number[], options: NormOptions = {}): Normalized {
    const { blocks, steps, columns, width } = shape;
    const { eps = 1e-5, bySteps = false } = options;
    const operands = this.placeAll(shape, x, options);
    const { gamma, beta, mean, rstd, flags } = operands;
    const state = this.take(this.kernel("state_bytes")(columns, width, flags));
    const pieces = [...cuts, steps].map((end, index) => [index === 0 ? 0 : cuts[index - 1], end] as const);
    const samples = this.kernels.columns_samples(steps, width);
    const apart = Math.floor(steps / samples) * columns;
    const bytes = this.elementBytes;
    for (let block = 0; block < blocks; block++) {
      const at = block * steps * columns * bytes;
      const [out, from] = [operands.target + at, operands.source + at];
      const eachPiece = (visit: (offset: number, count: number, first: number) => void) => {
        for (const [first, end] of pieces) visit(first * columns * bytes, end - first, first);
      };
      this.kernel("begin")(state, columns, width, flags);
      this.kernel("shift")(state, from, samples, apart);
      for (;;) {
        eachPiece((offset, count) => this.kernel("accumulate")(state, from + offset, count, columns));
        const verdicts = this.kernel("finish")(state, steps * width, eps);
        if (verdicts === 0) break;
        if (!(verdicts & RESCALE)) continue;
        eachPiece((offset, count) => this.kernel("magnitude")(state, from + offset, count, columns));
        this.kernel("rescale")(state);
      }
      this.kernel("statistics")(state, mean, rstd, (block * columns) / width, flags);
      if (bySteps) this.kernel("step_coefficients")(state);
      else this.kernel("coefficients")(state, gamma, beta, flags);
      eachPiece((offset, count, first) => {
        const stepOf = (address: number) => (address === 0 ? 0 : address + first * bytes);
        if (!bySteps) this.kernel("map")(out + offset, from + offset, state, count, columns);
        else this.kernel("map_steps")(out + offset, from + offset, state, stepOf(gamma), stepOf(beta), count, columns);
      });
    }
    return this.results(shape, x.length, operands.target, mean, rstd, flags);
  }

  private placeAll(shape: ColumnShape, x: Numbers, options: NormOptions) {
    const { gamma, beta, flags = 0, inPlace = false, offset = 0 } = options;
    this.reset();
    const source = this.place(x, offset * this.elementBytes);
    const target = inPlace ? source : this.take(x.length * this.elementBytes, offset * this.elementBytes);
    const statisticBytes = flags & WANTS_MOMENTS ? 8 : this.elementBytes;
    const groups = shape.blocks * (shape.columns / shape.width);
    return {
      source,
      target,
      gamma: gamma ? this.place(gamma) : 0,
      beta: beta ? this.place(beta) : 0,
      mean: this.take(groups * statisticBytes),
      rstd: this.take(groups * statisticBytes),
      flags: (gamma ? 1 : 0) | (beta ? 2 : 0) | 4 | flags,
    };
  }

  private results(
    shape: ColumnShape,
    count: number,
    target: number,
    mean: number,
    rstd: number,
    flags: number,
  ): Normalized {
    this.expectUntouched(JSON.stringify(shape));
    const groups = shape.blocks * (shape.columns / shape.width);
    const { buffer } = this.memory;
    const statistics = (address: number) =>
      flags & WANTS_MOMENTS ? new Float64Array(buffer, address, groups).slice() : this.view(address, groups).slice();
    return { output: this.view(target, count).slice(), mean: statistics(mean), rstd: statistics(rstd) };
  }
}

/** The groups of a shape, with parameters per column or per step. */
export function groupingOf({ blocks, steps, columns, width }: ColumnShape, bySteps = false): Grouping {
  return groupByAxes([blocks, steps, columns / width, width], [1, 3], bySteps ? [1] : [2, 3]);
}

/** A tensor made group by group, in the order of memory. */
export function ofGroups(
  memory: ColumnMemory,
  grouping: Grouping,
  group: (index: number) => ArrayLike<number>,
): Numbers {
  const x = memory.numbers(new Float64Array(grouping.groups * grouping.size));
  for (let index = 0; index < grouping.groups; index++) {
    const values = group(index);
    const start = index * grouping.size;
    for (let place = start; place < start + grouping.size; place++)
      x[grouping.members ? grouping.members[place] : place] = values[place - start];
  }
  return x;
}

/** The same bits, but for what a NaN carries. */
export function expectSame(actual: Normalized, expected: Normalized, label: string): void {
  for (const name of ["output", "mean", "rstd"] as const) {
    for (let index = 0; index < expected[name].length; index++) {
      const [a, b] = [actual[name][index], expected[name][index]];
      if (!Object.is(a, b)) expect.fail(`${label}: ${name}[${index}] is ${a}, not ${b}`);
    }
  }
}
