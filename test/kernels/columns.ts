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
      for (; at < start; at++) if (bytes[at] !== CANARY) expect.fail(`${label}: byte ${at} before ${start} has changed`);
      at = end;
    }
  }

  /** columns_norm or columns_norm_steps. */
  norm(shape: ColumnShape, x: Numbers, options: NormOptions = {}): Normalized {
    const { blocks, steps, columns, width } = shape;
    const { gamma, beta, eps = 1e-5, flags = 0, bySteps = false, inPlace = false, offset = 0 } = options;
    this.reset();
    const source = this.place(x, offset * this.elementBytes);
    const target = inPlace ? source : this.take(x.length * this.elementBytes, offset * this.elementBytes);
    const statisticBytes = flags & WANTS_MOMENTS ? 8 : this.elementBytes;
    const groups = blocks * (columns / width);
    const [g, b] = [gamma ? this.place(gamma) : 0, beta ? this.place(beta) : 0];
    const mean = this.take(groups * statisticBytes);
    const rstd = this.take(groups * statisticBytes);
    const scratch = this.take(this.kernel("norm_bytes")(columns, width));
    const all = (gamma ? 1 : 0) | (beta ? 2 : 0) | 4 | flags;
    const run = this.kernel(bySteps ? "norm_steps" : "norm");
    run(target, source, g, b, mean, rstd, blocks, steps, columns, width, eps, scratch, all);
    this.expectUntouched(JSON.stringify(shape));
    const statistics = (address: number) =>
      flags & WANTS_MOMENTS
        ? new Float64Array(this.memory.buffer, address, groups).slice()
        : this.view(address, groups).slice();
    return {
      output: this.view(target, x.length).slice(),
      mean: statistics(mean),
      rstd: statistics(rstd),
    };
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
