// Operands and options of MLGraphBuilder's methods.

import { describe, quote } from "../../dtype.js";
import type { Engine } from "../../engine/engine.js";
import { ArgumentError, DTypeError, ShapeError } from "../../errors.js";
import { numberOf, optionsOf } from "../../ops/operand.js";
import { formatShape, sameShape } from "../../shape.js";
import type { Tensor, TensorLike } from "../../tensor.js";
import { engineOf, tensorOf } from "../engine.js";

/** Options that all three methods have. */
export interface NormalizationOptions {
  /** Factors; 1 where missing. Of the input's dtype. */
  scale?: TensorLike;
  /** Addends; 0 where missing. Of the input's dtype. */
  bias?: TensorLike;
  /** Added to the variance. Default 1e-5. */
  epsilon?: number;
  /** Names the node of a graph, and is of no account here. */
  label?: string;
  /** Where to run. Default: the default engine. */
  engine?: Engine;
}

const sharedKeys = ["scale", "bias", "epsilon", "label", "engine"];

/** A call whose options have been read, each once. */
export interface Method<Options extends NormalizationOptions> {
  readonly name: string;
  readonly engine: Engine;
  readonly input: Tensor;
  readonly options: Options;
  readonly eps: number;
}

/** Reads input and options; a method has the options of `keys` besides those that all have. */
export function methodOf<Options extends NormalizationOptions>(
  name: string,
  input: unknown,
  options: Options | undefined,
  keys: readonly string[],
): Method<Options> {
  const given = optionsOf(name, options, (read) => {
    return Object.fromEntries(
      [...keys, ...sharedKeys].map((key) => [key, read[key as keyof Options]]),
    ) as unknown as Options;
  });
  const engine = engineOf(name, given.engine);
  return {
    name,
    engine,
    input: tensorOf(name, "input", input, engine),
    options: given,
    eps: numberOf(name, "epsilon", given.epsilon, 1e-5),
  };
}

/** An operand beside the input: of exactly `shape` and the input's dtype. */
export function operandOfShape(
  { name, engine, input }: Method<NormalizationOptions>,
  argument: string,
  value: unknown,
  shape: readonly number[],
): Tensor {
  const operand = tensorOf(name, argument, value, engine);
  if (operand.dtype !== input.dtype) {
    throw new DTypeError(name, argument, `must have dtype "${input.dtype}", as input has`, quote(operand.dtype));
  }
  if (sameShape(operand.sizes, shape)) return operand;
  throw new ShapeError(name, argument, `must have shape ${formatShape(shape)}`, formatShape(operand.sizes));
}

/** Scale and bias, where they are given. */
export function scaleAndBias(
  method: Method<NormalizationOptions>,
  shape: readonly number[],
): Record<"weight" | "bias", Tensor | undefined> {
  const { scale, bias } = method.options;
  return {
    weight: scale === undefined ? undefined : operandOfShape(method, "scale", scale, shape),
    bias: bias === undefined ? undefined : operandOfShape(method, "bias", bias, shape),
  };
}

/** A dimension of the input. */
export function dimensionOf({ name, input }: Method<NormalizationOptions>, argument: string, value: unknown): number {
  const { length: rank } = input.sizes;
  if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < rank) return value as number;
  const expected = `must be a dimension of ${formatShape(input.sizes)}, counted from 0`;
  throw new ArgumentError(name, argument, expected, describe(value));
}
