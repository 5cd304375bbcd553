import type { Engine } from "../engine/engine.js";
import { checkSeveralValues } from "../ops/normalize_groups.js";
import type { Tensor, TensorLike } from "../tensor.js";
import type { GradientOptions, Gradients, ModuleOptions, Normalized } from "./norm.js";
import { checkChannels, checkDType, checkRank } from "./options.js";
import { RunningNorm } from "./running_norm.js";

/** Options of BatchNorm1d, 2d and 3d. */
export interface BatchNormModuleOptions extends ModuleOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** The weight of new data in the running statistics, from 0 to 1; null averages all batches. Default 0.1. */
  momentum?: number | null;
  /** Whether there are a weight and a bias per channel. Default true. */
  affine?: boolean;
  /** Whether there are running statistics, used in evaluation mode; else statistics are always x's own. Default true. */
  trackRunningStats?: boolean;
}

/** Batch normalisation of inputs of some ranks. */
abstract class BatchNorm extends RunningNorm {
  readonly #ranks: readonly number[];
  readonly #described: string;

  constructor(
    name: string,
    numFeatures: number,
    options: BatchNormModuleOptions | undefined,
    ranks: readonly number[],
    described: string,
  ) {
    super(name, numFeatures, options, { affine: true, trackRunningStats: true, averages: true });
    this.#ranks = ranks;
    this.#described = described;
  }

  protected check(functionName: string, x: Tensor): void {
    checkRank(functionName, x, this.#ranks, this.#described);
    checkDType(functionName, x, this.format);
    checkChannels(functionName, x, 1, this.numFeatures);
    checkSeveralValues(functionName, x, !this.usesInput || x.size !== this.numFeatures, "channel");
  }

  protected normalize(engine: Engine, x: Tensor): Normalized {
    const count = (this.batchCount ?? 0) + 1;
    const result = engine.nativeBatchNorm(x, { ...this.options(this.momentum ?? 1 / count), training: true });
    if (this.batchCount !== undefined) this.batchCount = count;
    return result;
  }

  protected evaluate(engine: Engine, x: Tensor): Tensor {
    return engine.batchNorm(x, { ...this.options(0), training: this.usesInput });
  }

  protected statisticsShape(): number[] {
    return [this.numFeatures];
  }

  protected differentiate(engine: Engine, gradOutput: TensorLike, x: Tensor, options: GradientOptions): Gradients {
    const { mean, rstd, frozen, weight, outputMask } = options;
    return engine.batchNormBackward(gradOutput, x, { mean: mean!, rstd, weight, training: !frozen, outputMask });
  }
}

/**
 * Batch normalisation of [N, C] or [N, C, L].
 *
 * @see batchNorm; torch.nn.BatchNorm1d
 */
export class BatchNorm1d extends BatchNorm {
  /** Weight and variance are ones, bias and mean zeros. Throws DTypeError, ArgumentError. */
  constructor(numFeatures: number, options?: BatchNormModuleOptions) {
    super("BatchNorm1d", numFeatures, options, [2, 3], "[N, C] or [N, C, L]");
  }
}

/**
 * Batch normalisation of [N, C, H, W].
 *
 * @see batchNorm; torch.nn.BatchNorm2d
 */
export class BatchNorm2d extends BatchNorm {
  /** Weight and variance are ones, bias and mean zeros. Throws DTypeError, ArgumentError. */
  constructor(numFeatures: number, options?: BatchNormModuleOptions) {
    super("BatchNorm2d", numFeatures, options, [4], "[N, C, H, W]");
  }
}

/**
 * Batch normalisation of [N, C, D, H, W].
 *
 * @see batchNorm; torch.nn.BatchNorm3d
 */
export class BatchNorm3d extends BatchNorm {
  /** Weight and variance are ones, bias and mean zeros. Throws DTypeError, ArgumentError. */
  constructor(numFeatures: number, options?: BatchNormModuleOptions) {
    super("BatchNorm3d", numFeatures, options, [5], "[N, C, D, H, W]");
  }
}
