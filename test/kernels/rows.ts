import { expect } from "vitest";
import { compileSync, instantiate, type KernelSet, SCRATCH_BYTES } from "../../src/engine/module.js";

export type RowsDtype = "float32" | "float64";
export type Numbers = Float32Array | Float64Array;

// Kernels' flags, as in assembly/.
export const HAS_GAMMA = 1;
export const HAS_BETA = 2;
export const WANTS_STATISTICS = 4;
export const UNCENTRED = 8;
export const WANTS_MOMENTS = 16;

/** What moments_finish says. */
export const SETTLED = 0;
export const RESCALE = 2;

/** A byte that no kernel may change, and of which NaN is made if one reads it. */
const CANARY = 0xff;
const GUARD = 64;

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
  readonly inPlace?: boolean;
}

/** The kernels of one dtype on a memory in which guard words lie between operands. */
export class RowMemory {
  readonly memory: WebAssembly.Memory;
  readonly kernels: KernelSet;
  readonly elementBytes: number;
  #end = 0;
  #operands: { start: number; end: number }[] = [];

  constructor(
    readonly dtype: RowsDtype,
    pages: number,
  ) {
    this.memory = new WebAssembly.Memory({ initial: pages });
    this.kernels = instantiate(compileSync(), this.memory)[dtype];
    this.elementBytes = dtype === "float32" ? 4 : 8;
  }

  kernel<Name extends keyof KernelSet>(name: Name): KernelSet[Name] {
    return this.kernels[name];
  }

  numbers(values: ArrayLike<number>): Numbers {
    return this.dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);
  }

  read(address: number, count: number): Numbers {
    const { buffer } = this.memory;
    const view = this.dtype === "float32" ? Float32Array : Float64Array;
    return new view(buffer, address, count).slice();
  }

  readDoubles(address: number, count: number): Float64Array {
    return new Float64Array(this.memory.buffer, address, count).slice();
  }

  reset(): void {
    this.#end = GUARD;
    this.#operands = [];
  }

  /** The address of `bytes` bytes, a guard before and behind them. Multiples of 8, mostly of no cache line. */
  take(bytes: number): number {
    const address = this.#end + GUARD + 8;
    const size = Math.ceil(bytes / 8) * 8;
    this.#end = address + size;
    const whole = new Uint8Array(this.memory.buffer);
    whole.fill(CANARY, address - GUARD, this.#end + GUARD);
    this.#operands.push({ start: address, end: address + bytes });
    return address;
  }

  place(values: Numbers | undefined): number {
    if (!values) return 0;
    const address = this.take(values.byteLength);
    new Uint8Array(this.memory.buffer).set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      address,
    );
    return address;
  }

  scratch(): number {
    return this.take(SCRATCH_BYTES);
  }

  /** The words around every operand are as they were. */
  expectGuards(label: string): void {
    const whole = new Uint8Array(this.memory.buffer);
    const touched = (from: number, to: number) => whole.subarray(from, to).some((byte) => byte !== CANARY);
    for (const { start, end } of this.#operands)
      if (touched(start - GUARD, start) || touched(end, end + GUARD)) expect.fail(`${label}: wrote beside ${start}`);
  }

  /** layer_norm of rows of n elements. */
  layerNorm(x: Numbers, n: number, options: NormOptions = {}): Normalized {
    const rows = x.length / n;
    return this.#norm(x, rows, options, (out, at, gamma, beta, mean, rstd, scratch, flags, eps) => {
      this.kernel("layer_norm")(out, at, gamma, beta, mean, rstd, rows, n, eps, scratch, flags);
    });
  }

  /** group_norm of rows of `channels` runs of `span` elements, with parameters for `period` rows. */
  groupNorm(x: Numbers, channels: number, span: number, period: number, options: NormOptions = {}): Normalized {
    const rows = x.length / (channels * span);
    return this.#norm(x, rows, options, (out, at, gamma, beta, mean, rstd, scratch, flags, eps) => {
      const run = this.kernel("group_norm");
      run(out, at, gamma, beta, mean, rstd, rows, channels, span, period, eps, scratch, flags);
    });
  }

  #norm(x: Numbers, rows: number, options: NormOptions, run: (...args: number[]) => void): Normalized {
    const { gamma, beta, eps = 1e-5, flags = 0, inPlace = false } = options;
    const bytes = flags & WANTS_MOMENTS ? 8 : this.elementBytes;
    this.reset();
    const source = this.place(x);
    const target = inPlace ? source : this.take(x.byteLength);
    const [g, b] = [this.place(gamma), this.place(beta)];
    const [mean, rstd] = [this.take(rows * bytes), this.take(rows * bytes)];
    const all = (gamma ? HAS_GAMMA : 0) | (beta ? HAS_BETA : 0) | WANTS_STATISTICS | flags;
    run(target, source, g, b, mean, rstd, this.scratch(), all, eps);
    this.expectGuards(`rows of ${x.length / rows}`);
    const read = (address: number) => (bytes === 8 ? this.readDoubles(address, rows) : this.read(address, rows));
    return { output: this.read(target, x.length), mean: read(mean), rstd: read(rstd) };
  }
}
