import type { Format } from "../dtype.js";
import type { Engine } from "../engine/engine.js";
import { flagOf, numberOf, optionsOf } from "../ops/operand.js";
import type { Tensor, TensorLike } from "../tensor.js";
import { type GradientOptions, type Gradients, type ModuleOptions, Norm, type Normalized } from "./norm.js";
import { checkDType, filledParameter, normalizedShapeOf, parameterFormatOf } from "./options.js";
import type { Parameter } from "./parameter.js";

/** Options of RMSNorm. */
export interface RMSNormModuleOptions extends ModuleOptions {
  /** Added to the mean square. Default, and null: the machine epsilon of the arithmetic, 2^-23, or 2^-52 for float64. */
  eps?: number | null;
  /** Whether there is a weight per element of `normalizedShape`. Default true. */
  elementwiseAffine?: boolean;
}

/**
 * Root mean square normalisation over the last axes. Has no bias.
 *
 * @see rmsNorm; torch.nn.RMSNorm
 */
export class RMSNorm extends Norm {
  readonly normalizedShape: readonly number[];
  /** null: the machine epsilon. */
  readonly eps: number | null;
  readonly weight: Parameter | null;
  readonly bias = null;
  readonly #format: Format;

  /** Weight is ones. Throws ShapeError, DTypeError, ArgumentError. */
  constructor(normalizedShape: number | readonly number[], options?: RMSNormModuleOptions) {
    const given = optionsOf("RMSNorm", options, read);
    super("RMSNorm", given.engine);
    this.normalizedShape = Object.freeze(normalizedShapeOf("RMSNorm", normalizedShape));
    this.eps = given.eps === null || given.eps === undefined ? null : numberOf("RMSNorm", "eps", given.eps, 0);
    this.#format = parameterFormatOf("RMSNorm", given.dtype);
    const affine = flagOf("RMSNorm", "elementwiseAffine", given.elementwiseAffine, true);
    this.weight = affine ? filledParameter(this.normalizedShape, this.#format, 1) : null;
  }

  protected check(functionName: string, x: Tensor): void {
    checkDType(functionName, x, this.#format);
  }

  protected normalize(engine: Engine, x: Tensor): Normalized {
    return engine.nativeRmsNorm(x, this.normalizedShape, this.#options());
  }

  protected evaluate(engine: Engine, x: Tensor): Tensor {
    return engine.rmsNorm(x, this.normalizedShape, this.#options());
  }

  protected differentiate(engine: Engine, gradOutput: TensorLike, x: Tensor, options: GradientOptions): Gradients {
    const { rstd, weight, outputMask } = options;
    const [input, scale] = outputMask;
    return engine.rmsNormBackward(gradOutput, x, this.normalizedShape, { rstd, weight, outputMask: [input, scale] });
  }

  #options() {
    const { weight, eps } = this;
    return { weight, eps: eps ?? undefined };
  }
}

function read({ eps, elementwiseAffine, dtype, engine }: RMSNormModuleOptions): RMSNormModuleOptions {
  return { eps, elementwiseAffine, dtype, engine };
}
