import type { Format } from "../dtype.js";
import type { Engine } from "../engine/engine.js";
import { countOf, epsOf, flagOf, optionsOf } from "../ops/operand.js";
import { momentumOf } from "../ops/running.js";
import type { Tensor } from "../tensor.js";
import { type ModuleOptions, Norm, type Normalized } from "./norm.js";
import { filledParameter, filledTensor, parameterFormatOf } from "./options.js";
import type { Parameter, ParameterArray } from "./parameter.js";

/** Options of modules that may have running statistics. */
export interface RunningNormOptions extends ModuleOptions {
  eps?: number;
  momentum?: number | null;
  affine?: boolean;
  trackRunningStats?: boolean;
}

/** What batch and instance norm have in common: parameters per channel, and running statistics. */
export abstract class RunningNorm extends Norm {
  readonly numFeatures: number;
  readonly eps: number;
  /** The weight of new data in the running statistics; null: they average all batches. */
  readonly momentum: number | null;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  /** The mean of each channel in the batches so far, [C]; null unless `trackRunningStats`. */
  readonly runningMean: Tensor<ParameterArray> | null;
  /** The unbiased variance, likewise. */
  readonly runningVar: Tensor<ParameterArray> | null;
  protected readonly format: Format;

  /** `layer` has its defaults, and whether a momentum may be null. */
  protected constructor(
    name: string,
    numFeatures: number,
    options: RunningNormOptions | undefined,
    layer: { readonly affine: boolean; readonly trackRunningStats: boolean; readonly averages: boolean },
  ) {
    const given = optionsOf(name, options, read);
    super(name, given.engine);
    const shape = [countOf(name, "numFeatures", numFeatures)];
    this.numFeatures = numFeatures;
    this.eps = epsOf(name, given.eps);
    this.momentum = given.momentum === null && layer.averages ? null : momentumOf(name, given.momentum);
    this.format = parameterFormatOf(name, given.dtype);
    const affine = flagOf(name, "affine", given.affine, layer.affine);
    const tracks = flagOf(name, "trackRunningStats", given.trackRunningStats, layer.trackRunningStats);
    this.weight = affine ? filledParameter(shape, this.format, 1) : null;
    this.bias = affine ? filledParameter(shape, this.format, 0) : null;
    this.runningMean = tracks ? filledTensor(shape, this.format, 0) : null;
    this.runningVar = tracks ? filledTensor(shape, this.format, 1) : null;
    this.batchCount = tracks ? 0 : undefined;
  }

  /** How many batches the running statistics are of; null without them. */
  get numBatchesTracked(): number | null {
    return this.batchCount ?? null;
  }

  /** Whether the statistics are those of x: in training, and where there are no others. */
  protected get usesInput(): boolean {
    return this.training || this.runningMean === null;
  }

  protected override buffers(): Record<string, Tensor> {
    const { runningMean, runningVar } = this;
    return runningMean && runningVar ? { running_mean: runningMean, running_var: runningVar } : {};
  }

  protected override evaluateForBackward(engine: Engine, x: Tensor): Normalized {
    if (this.usesInput) return this.normalize(engine, x);
    const output = this.evaluate(engine, x);
    const shape = this.statisticsShape(x);
    const mean = repeated(this.runningMean!.data, shape, this.format);
    const rstds = this.runningVar!.data.map((variance) => 1 / Math.sqrt(variance + this.eps));
    return { output, mean, rstd: repeated(rstds, shape, this.format), frozen: true };
  }

  /** The shape of the statistics that a backward op takes. */
  protected abstract statisticsShape(x: Tensor): number[];

  /** The options that both ops have. */
  protected options(momentum: number) {
    const { weight, bias, eps, runningMean, runningVar } = this;
    return { weight, bias, eps, runningMean, runningVar, momentum };
  }
}

/** Numbers per channel, as often as a shape has them. */
function repeated(numbers: ParameterArray, shape: number[], format: Format): Tensor {
  const copies = filledTensor(shape, format, 0);
  for (let start = 0; start < copies.size; start += numbers.length) copies.data.set(numbers, start);
  return copies;
}

function read({ eps, momentum, affine, trackRunningStats, dtype, engine }: RunningNormOptions): RunningNormOptions {
  return { eps, momentum, affine, trackRunningStats, dtype, engine };
}
