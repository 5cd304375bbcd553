import type { Format } from "../dtype.js";
import type { Engine } from "../engine/engine.js";
import { epsOf, flagOf, optionsOf } from "../ops/operand.js";
import type { Tensor, TensorLike } from "../tensor.js";
import { type GradientOptions, type Gradients, type ModuleOptions, Norm, type Normalized } from "./norm.js";
import { checkDType, filledParameter, normalizedShapeOf, parameterFormatOf } from "./options.js";
import type { Parameter } from "./parameter.js";

/** Options of LayerNorm. */
export interface LayerNormModuleOptions extends ModuleOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Whether there are a weight and a bias per element of `normalizedShape`. Default true. */
  elementwiseAffine?: boolean;
  /** Whether there is a bias besides the weight. Default true. */
  bias?: boolean;
}

/**
 * Layer normalisation over the last axes.
 *
 * @see layerNorm; torch.nn.LayerNorm
 */
export class LayerNorm extends Norm {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly #format: Format;

  /** Weight is ones and bias zeros. Throws ShapeError, DTypeError, ArgumentError. */
  constructor(normalizedShape: number | readonly number[], options?: LayerNormModuleOptions) {
    const given = optionsOf("LayerNorm", options, read);
    super("LayerNorm", given.engine);
    this.normalizedShape = Object.freeze(normalizedShapeOf("LayerNorm", normalizedShape));
    this.eps = epsOf("LayerNorm", given.eps);
    this.#format = parameterFormatOf("LayerNorm", given.dtype);
    const affine = flagOf("LayerNorm", "elementwiseAffine", given.elementwiseAffine, true);
    const hasBias = flagOf("LayerNorm", "bias", given.bias, true);
    this.weight = affine ? filledParameter(this.normalizedShape, this.#format, 1) : null;
    this.bias = affine && hasBias ? filledParameter(this.normalizedShape, this.#format, 0) : null;
  }

  protected check(functionName: string, x: Tensor): void {
    checkDType(functionName, x, this.#format);
  }

  protected normalize(engine: Engine, x: Tensor): Normalized {
    return engine.nativeLayerNorm(x, this.normalizedShape, this.#options());
  }

  protected evaluate(engine: Engine, x: Tensor): Tensor {
    return engine.layerNorm(x, this.normalizedShape, this.#options());
  }

  protected differentiate(engine: Engine, gradOutput: TensorLike, x: Tensor, options: GradientOptions): Gradients {
    const { mean, rstd, weight, outputMask } = options;
    return engine.layerNormBackward(gradOutput, x, this.normalizedShape, { mean: mean!, rstd, weight, outputMask });
  }

  #options() {
    const { weight, bias, eps } = this;
    return { weight, bias, eps };
  }
}

function read({ eps, elementwiseAffine, bias, dtype, engine }: LayerNormModuleOptions): LayerNormModuleOptions {
  return { eps, elementwiseAffine, bias, dtype, engine };
}
