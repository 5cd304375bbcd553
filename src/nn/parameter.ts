import { type DType, formatOfData } from "../dtype.js";
import { numbersOf } from "../elements.js";
import { DTypeError, ShapeError } from "../errors.js";
import { checkLength, shapeOf } from "../ops/operand.js";
import { formatShape, sameShape } from "../shape.js";
import { Tensor, type TensorLike } from "../tensor.js";
import { readable } from "./readable.js";

/** The arrays that parameters live in: 16 bits are too few to add small steps to. */
export type ParameterArray = Float32Array | Float64Array;

/**
 * A tensor that is learnt: what it is, and the gradient that backward adds up beside it. Goes wherever a tensor does. An
 * optimiser changes `data` in place.
 */
export class Parameter implements TensorLike<ParameterArray> {
  readonly data: ParameterArray;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** What every backward since the last `zeroGrad` gave, added up; null before the first. Of this shape and dtype. */
  grad: Tensor<ParameterArray> | null = null;
  /** @internal The same data. */
  readonly tensor: Tensor<ParameterArray>;

  /** Keeps `data` itself. Throws DTypeError, ShapeError. */
  constructor(data: ParameterArray, shape: readonly number[]) {
    const format = formatOfData("Parameter", "data", data);
    if (format.bytes === 2)
      throw new DTypeError("Parameter", "data", "must be a Float32Array or Float64Array", format.arrayName);
    const sizes = shapeOf("Parameter", "shape", shape);
    checkLength("Parameter", "data", data.length, sizes);
    this.tensor = Tensor.host(data, sizes, format) as Tensor<ParameterArray>;
    this.data = data;
    this.shape = this.tensor.shape;
    this.dtype = format.dtype;
  }

  /** Adds a gradient, host or resident, to `grad`. Throws ShapeError, and others for what is no tensor. */
  accumulate(gradient: TensorLike): void {
    const operand = readable("Parameter.accumulate", "gradient", gradient);
    if (!sameShape(operand.sizes, this.shape)) {
      const expected = `must have shape ${formatShape(this.shape)}`;
      throw new ShapeError("Parameter.accumulate", "gradient", expected, formatShape(operand.sizes));
    }
    const numbers = numbersOf(operand);
    this.grad ??= zerosLike(this.tensor);
    const { data } = this.grad;
    for (let index = 0; index < data.length; index++) data[index] += numbers[index];
  }

  /** Forgets the gradient. */
  zeroGrad(): void {
    this.grad = null;
  }
}

function zerosLike({ data, shape, format }: Tensor<ParameterArray>): Tensor<ParameterArray> {
  return Tensor.host(new format.Array!(data.length), shape, format) as Tensor<ParameterArray>;
}
