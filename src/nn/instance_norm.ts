import { newTensor, reshaped, tensorOf } from "../adapters/engine.js";
import type { Engine } from "../engine/engine.js";
import { checkSeveralValues } from "../ops/normalize_groups.js";
import { sizeFrom } from "../shape.js";
import type { Tensor, TensorLike } from "../tensor.js";
import type { GradientOptions, Gradients, ModuleOptions, Normalized } from "./norm.js";
import { checkChannels, checkDType, checkRank } from "./options.js";
import { RunningNorm } from "./running_norm.js";

/** Options of InstanceNorm1d, 2d and 3d. */
export interface InstanceNormModuleOptions extends ModuleOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** The weight of new data in the running statistics, from 0 to 1. Default 0.1. */
  momentum?: number;
  /** Whether there are a weight and a bias per channel. Default false. */
  affine?: boolean;
  /** Whether there are running statistics, used in evaluation mode; else statistics are always x's own. Default false. */
  trackRunningStats?: boolean;
}

/** Instance normalisation of inputs with some number of spatial axes, with a batch or without. */
abstract class InstanceNorm extends RunningNorm {
  readonly #batchedRank: number;
  readonly #described: string;

  constructor(
    name: string,
    numFeatures: number,
    options: InstanceNormModuleOptions | undefined,
    batchedRank: number,
    described: string,
  ) {
    super(name, numFeatures, options, { affine: false, trackRunningStats: false, averages: false });
    this.#batchedRank = batchedRank;
    this.#described = described;
  }

  protected check(functionName: string, x: Tensor): void {
    const rank = this.#batchedRank;
    checkRank(functionName, x, [rank - 1, rank], this.#described);
    checkDType(functionName, x, this.format);
    const channelAxis = x.sizes.length - rank + 1;
    checkChannels(functionName, x, channelAxis, this.numFeatures);
    checkSeveralValues(functionName, x, !this.usesInput || sizeFrom(x.sizes, channelAxis + 1) !== 1, "channel");
  }

  protected normalize(engine: Engine, x: Tensor): Normalized {
    const options = this.options(this.momentum!);
    if (this.#isBatched(x)) return engine.nativeInstanceNorm(x, options);
    let statistics!: Omit<Normalized, "output">;
    const output = this.#ofBatch(engine, x, (batch, out) => {
      const { mean, rstd } = engine.nativeInstanceNorm(batch, { ...options, out });
      statistics = { mean, rstd };
    });
    return { output, ...statistics };
  }

  protected evaluate(engine: Engine, x: Tensor): Tensor {
    const options = { ...this.options(0), useInputStats: this.usesInput };
    if (this.#isBatched(x)) return engine.instanceNorm(x, options);
    return this.#ofBatch(engine, x, (batch, out) => engine.instanceNorm(batch, { ...options, out }));
  }

  protected differentiate(engine: Engine, gradOutput: TensorLike, x: Tensor, options: GradientOptions): Gradients {
    const { mean, rstd, frozen, weight, outputMask } = options;
    const call = { mean: mean!, rstd, useInputStats: !frozen, weight, outputMask };
    if (this.#isBatched(x)) return engine.instanceNormBackward(gradOutput, x, call);
    const gradient = tensorOf("instanceNormBackward", "gradOutput", gradOutput, engine);
    let gradients!: Gradients;
    const gradInput = this.#ofBatch(engine, x, (batch, out) => {
      gradients = engine.instanceNormBackward(asBatch(gradient), batch, { ...call, out: { gradInput: out } });
    });
    return { ...gradients, gradInput };
  }

  protected statisticsShape(x: Tensor): number[] {
    return [this.#isBatched(x) ? x.sizes[0] : 1, this.numFeatures];
  }

  #isBatched(x: Tensor): boolean {
    return x.sizes.length === this.#batchedRank;
  }

  /** Has `run` write a batch of one, and returns it without the batch. */
  #ofBatch(engine: Engine, x: Tensor, run: (batch: Tensor, out: Tensor) => void): Tensor {
    const output = newTensor(engine, "InstanceNorm", x, x.sizes);
    try {
      run(asBatch(x), asBatch(output));
      return output;
    } catch (error) {
      output.dispose();
      throw error;
    }
  }
}

/** [C, ...] as [1, C, ...]. */
function asBatch(x: Tensor): Tensor {
  return reshaped(x, [1, ...x.sizes]);
}

/**
 * Instance normalisation of [N, C, L] or [C, L].
 *
 * @see instanceNorm; torch.nn.InstanceNorm1d
 */
export class InstanceNorm1d extends InstanceNorm {
  /** Weight and variance are ones, bias and mean zeros. Throws DTypeError, ArgumentError. */
  constructor(numFeatures: number, options?: InstanceNormModuleOptions) {
    super("InstanceNorm1d", numFeatures, options, 3, "[N, C, L] or [C, L]");
  }
}

/**
 * Instance normalisation of [N, C, H, W] or [C, H, W].
 *
 * @see instanceNorm; torch.nn.InstanceNorm2d
 */
export class InstanceNorm2d extends InstanceNorm {
  /** Weight and variance are ones, bias and mean zeros. Throws DTypeError, ArgumentError. */
  constructor(numFeatures: number, options?: InstanceNormModuleOptions) {
    super("InstanceNorm2d", numFeatures, options, 4, "[N, C, H, W] or [C, H, W]");
  }
}

/**
 * Instance normalisation of [N, C, D, H, W] or [C, D, H, W].
 *
 * @see instanceNorm; torch.nn.InstanceNorm3d
 */
export class InstanceNorm3d extends InstanceNorm {
  /** Weight and variance are ones, bias and mean zeros. Throws DTypeError, ArgumentError. */
  constructor(numFeatures: number, options?: InstanceNormModuleOptions) {
    super("InstanceNorm3d", numFeatures, options, 5, "[N, C, D, H, W] or [C, D, H, W]");
  }
}
