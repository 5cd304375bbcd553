// The two maps without statistics. Their D is that of the terms.

import { add, doubleDouble, wideMultiply, type DoubleDouble } from "../double_double.js";
import { elementwise } from "./local_response.js";
import type { Parameter, Reference } from "./reference.js";
import type { Values } from "./scaled_values.js";

/** x * scale + bias. D = |x * scale| + |bias|. */
export function affineReference(x: Values, scale: Parameter, bias: Parameter): Reference {
  return mapped(
    x,
    (index) => linear(doubleDouble(x[index]), scale(index), bias(index)),
    (index) => Math.abs(x[index] * scale(index)) + Math.abs(bias(index)),
  );
}

/** (x * scale + bias) * gamma + beta. D = (|x * scale| + |bias|) * |gamma| + |beta|. */
export function affineVectorizedReference(
  x: Values,
  { scale, bias, gamma, beta }: Record<"scale" | "bias" | "gamma" | "beta", Parameter>,
): Reference {
  return mapped(
    x,
    (index) => linear(linear(doubleDouble(x[index]), scale(index), bias(index)), gamma(index), beta(index)),
    (index) =>
      (Math.abs(x[index] * scale(index)) + Math.abs(bias(index))) * Math.abs(gamma(index)) + Math.abs(beta(index)),
  );
}

function mapped(x: Values, value: (index: number) => DoubleDouble, scale: Parameter): Reference {
  const [output, low] = [new Float64Array(x.length), new Float64Array(x.length)];
  for (let index = 0; index < x.length; index++) ({ high: output[index], low: low[index] } = value(index));
  return elementwise(output, low, scale);
}

function linear(x: DoubleDouble, factor: number, addend: number): DoubleDouble {
  const plain = x.high * factor + addend;
  return Number.isFinite(plain)
    ? add(wideMultiply(x, doubleDouble(factor)), doubleDouble(addend))
    : doubleDouble(plain);
}
