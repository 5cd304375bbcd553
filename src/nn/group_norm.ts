import type { Format } from "../dtype.js";
import type { Engine } from "../engine/engine.js";
import { ShapeError } from "../errors.js";
import { checkSeveralValues } from "../ops/normalize_groups.js";
import { countOf, epsOf, flagOf, optionsOf } from "../ops/operand.js";
import type { Tensor, TensorLike } from "../tensor.js";
import { type GradientOptions, type Gradients, type ModuleOptions, Norm, type Normalized } from "./norm.js";
import { checkChannels, checkDType, filledParameter, parameterFormatOf } from "./options.js";
import type { Parameter } from "./parameter.js";

/** Options of GroupNorm. */
export interface GroupNormModuleOptions extends ModuleOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Whether there are a weight and a bias per channel. Default true. */
  affine?: boolean;
}

/**
 * Group normalisation of [N, C, ...].
 *
 * @see groupNorm; torch.nn.GroupNorm
 */
export class GroupNorm extends Norm {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly #format: Format;

  /** Weight is ones and bias zeros. `numGroups` divides `numChannels`. Throws ShapeError, DTypeError, ArgumentError. */
  constructor(numGroups: number, numChannels: number, options?: GroupNormModuleOptions) {
    const given = optionsOf("GroupNorm", options, read);
    super("GroupNorm", given.engine);
    this.numGroups = countOf("GroupNorm", "numGroups", numGroups);
    this.numChannels = countOf("GroupNorm", "numChannels", numChannels);
    if (numChannels % numGroups !== 0)
      throw new ShapeError("GroupNorm", "numGroups", `must divide numChannels, ${numChannels}`, String(numGroups));
    this.eps = epsOf("GroupNorm", given.eps);
    this.#format = parameterFormatOf("GroupNorm", given.dtype);
    const affine = flagOf("GroupNorm", "affine", given.affine, true);
    this.weight = affine ? filledParameter([numChannels], this.#format, 1) : null;
    this.bias = affine ? filledParameter([numChannels], this.#format, 0) : null;
  }

  protected check(functionName: string, x: Tensor): void {
    checkDType(functionName, x, this.#format);
    checkChannels(functionName, x, 1, this.numChannels);
    checkSeveralValues(functionName, x, x.size !== this.numGroups, "group");
  }

  protected normalize(engine: Engine, x: Tensor): Normalized {
    return engine.nativeGroupNorm(x, this.numGroups, this.#options());
  }

  protected evaluate(engine: Engine, x: Tensor): Tensor {
    return engine.groupNorm(x, this.numGroups, this.#options());
  }

  protected differentiate(engine: Engine, gradOutput: TensorLike, x: Tensor, options: GradientOptions): Gradients {
    const { mean, rstd, weight, outputMask } = options;
    return engine.groupNormBackward(gradOutput, x, this.numGroups, { mean: mean!, rstd, weight, outputMask });
  }

  #options() {
    const { weight, bias, eps } = this;
    return { weight, bias, eps };
  }
}

function read({ eps, affine, dtype, engine }: GroupNormModuleOptions): GroupNormModuleOptions {
  return { eps, affine, dtype, engine };
}
