// A call of an operator: the version that an opset means, and its inputs, attributes and outputs, checked.

import { describe, type Format, quote } from "../../dtype.js";
import type { Engine } from "../../engine/engine.js";
import { ArgumentError, DTypeError, ShapeError } from "../../errors.js";
import { axisOf } from "../../ops/axes.js";
import { countOf, flagOf, numberOf, optionsOf, parameterOf, requiredParameterOf } from "../../ops/operand.js";
import { formatShape } from "../../shape.js";
import { Tensor, type TensorLike } from "../../tensor.js";
import { engineOf, named, storeOf, tensorOf } from "../engine.js";

/** The inputs of an operator in its order; null, undefined or missing at the end: omitted. */
export type Inputs = readonly (TensorLike | null | undefined)[];

/** How an operator is to be run. */
export interface OperatorOptions {
  /** The opset of the model, which tells the operator's version. Default: the latest version. */
  opset?: number;
  /** How many outputs are wanted, counted from the first. Default 1. */
  outputs?: number;
  /** Where to run. Default: the default engine. */
  engine?: Engine;
}

/** A version of an operator, by the names of the specification. */
export interface Signature {
  /** A name that ends in "?" is that of an optional input. */
  readonly inputs: readonly string[];
  /** All but the first are optional. */
  readonly outputs: readonly string[];
  readonly attributes: readonly string[];
}

/** An operator: its signature in each opset that defines it anew. */
export interface Operator {
  readonly name: string;
  readonly versions: Readonly<Record<number, Signature>>;
  /** The last opset that is known not to have changed it. */
  readonly lastOpset: number;
}

/** The newest opset of ai.onnx whose specification was read. */
export const lastOnnxOpset = 28;
/** com.microsoft has one. */
export const lastMicrosoftOpset = 1;

/** Checks a call and runs it; errors name the operator. */
export function run(
  operator: Operator,
  inputs: Inputs,
  attributes: object | null | undefined,
  options: OperatorOptions | undefined,
  compute: (call: Call) => Tensor[],
): Tensor[] {
  return named(operator.name, () => compute(new Call(operator, inputs, attributes, options)));
}

/** A call, whose inputs and attributes are checked when they are asked for. */
export class Call {
  readonly name: string;
  /** The opset that defined the operator as it is to be run. */
  readonly version: number;
  /** How many outputs are wanted. */
  readonly outputs: number;
  readonly engine: Engine;
  readonly #signature: Signature;
  readonly #inputs: readonly unknown[];
  readonly #attributes: Readonly<Record<string, unknown>>;

  constructor({ name, versions, lastOpset }: Operator, inputs: unknown, attributes: unknown, options: unknown) {
    const { opset, outputs, engine } = optionsOf(name, options as OperatorOptions, read);
    this.name = name;
    this.version = versionOf(name, versions, lastOpset, opset);
    this.#signature = versions[this.version];
    this.outputs = outputCountOf(name, outputs, this.#signature.outputs.length);
    this.engine = engineOf(name, engine);
    this.#inputs = inputsOf(name, inputs, this.#signature.inputs);
    this.#attributes = attributesOf(name, attributes, this.#signature.attributes);
  }

  /** What an input is called. */
  inputName(index: number): string {
    return this.#signature.inputs[index].replace("?", "");
  }

  /** An input of any shape with `least` to `most` dimensions; undefined if it may be omitted, and is. */
  optionalTensor(index: number, least = 0, most = Infinity): Tensor | undefined {
    const input = this.#inputs[index];
    if (input === undefined || input === null) return undefined;
    const argument = this.inputName(index);
    const tensor = tensorOf(this.name, argument, input, this.engine);
    const { length: rank } = tensor.sizes;
    if (rank >= least && rank <= most) return tensor;
    const range = most === Infinity ? `at least ${least}` : least === most ? `${least}` : `${least} to ${most}`;
    throw new ShapeError(this.name, argument, `must have ${range} dimensions`, formatShape(tensor.sizes));
  }

  /** An input that must be given. */
  tensor(index: number, least?: number, most?: number): Tensor {
    // That it is there was checked with all of them.
    return this.optionalTensor(index, least, most)!;
  }

  /** A parameter of exactly `shape`, of x's dtype, or float32 for an x of 16 bits; undefined if it is omitted. */
  parameter(index: number, shape: readonly number[], x: Tensor): Tensor | undefined {
    const read = this.#signature.inputs[index].endsWith("?") ? parameterOf : requiredParameterOf;
    const operand = read(this.name, this.inputName(index), this.#inputs[index], shape, x.format, storeOf(this.engine));
    if (!operand || Tensor.is(operand)) return operand;
    return Tensor.host(operand.data, operand.sizes, operand.format);
  }

  /** An input that must be given, of exactly `shape` and any dtype. */
  tensorOfShape(index: number, shape: readonly number[]): Tensor {
    const tensor = this.tensor(index);
    if (formatShape(tensor.sizes) === formatShape(shape)) return tensor;
    const expected = `must have shape ${formatShape(shape)}`;
    throw new ShapeError(this.name, this.inputName(index), expected, formatShape(tensor.sizes));
  }

  /** Throws DTypeError unless a tensor has the dtype of x, or that of `alternative`. */
  checkDType(index: number, { dtype }: Tensor, x: Tensor, alternative?: Format): void {
    if (dtype === x.dtype || dtype === alternative?.dtype) return;
    const other = alternative ? `, or "${alternative.dtype}"` : "";
    const expected = `must have dtype "${x.dtype}", as ${this.inputName(0)} has${other}`;
    throw new DTypeError(this.name, this.inputName(index), expected, quote(dtype));
  }

  /** An attribute as it was given. */
  attribute(name: string): unknown {
    return this.#attributes[name];
  }

  /** A float attribute. */
  number(name: string, otherwise: number): number {
    return numberOf(this.name, name, this.#attributes[name], otherwise);
  }

  /** An int attribute that is a truth value: 0 or 1. */
  flag(name: string, otherwise: boolean): boolean {
    const value = this.#attributes[name];
    return flagOf(this.name, name, value === 0 ? false : value === 1 ? true : value, otherwise);
  }

  /** An int attribute that is one of several. */
  choice(name: string, choices: readonly number[], otherwise?: number): number {
    const value = this.#attributes[name] ?? otherwise;
    if (choices.includes(value as number)) return value as number;
    const expected = `must be ${choices.join(" or ")}`;
    throw new ArgumentError(this.name, name, expected, describe(value));
  }

  /** An int attribute that divides the channels: into how many groups. */
  groups(name: string, channels: number): number {
    const groups = this.count(name);
    if (channels % groups === 0) return groups;
    throw new ShapeError(this.name, name, `must divide the ${channels} channels`, String(groups));
  }

  /** An int attribute that says how many there are of something; it has no default. */
  count(name: string): number {
    return countOf(this.name, name, this.#attributes[name]);
  }

  /** An int attribute that is a dimension of x, counted from 0. */
  axis(name: string, otherwise: number, x: Tensor): number {
    return axisOf(this.name, name, this.#attributes[name] ?? otherwise, x.sizes.length);
  }
}

function read({ opset, outputs, engine }: OperatorOptions): OperatorOptions {
  return { opset, outputs, engine };
}

/** The version that an opset has: the last one defined in it or before it. */
function versionOf(name: string, versions: Operator["versions"], last: number, opset: unknown): number {
  const defined = Object.keys(versions).map(Number);
  if (opset === undefined) return defined[defined.length - 1];
  const version = defined.filter((first) => first <= (opset as number)).at(-1);
  if (Number.isSafeInteger(opset) && version !== undefined && (opset as number) <= last) return version;
  throw new ArgumentError(name, "opset", `must be an integer from ${defined[0]} to ${last}`, describe(opset));
}

function outputCountOf(name: string, outputs: unknown, most: number): number {
  if (outputs === undefined) return 1;
  if (Number.isSafeInteger(outputs) && (outputs as number) >= 1 && (outputs as number) <= most) {
    return outputs as number;
  }
  throw new ArgumentError(name, "outputs", most === 1 ? "must be 1" : `must be from 1 to ${most}`, describe(outputs));
}

function inputsOf(name: string, inputs: unknown, names: readonly string[]): readonly unknown[] {
  if (!Array.isArray(inputs)) throw new ArgumentError(name, "inputs", "must be an array", describe(inputs));
  const given: readonly unknown[] = [...(inputs as unknown[])];
  if (given.length > names.length) {
    const expected = `must be at most ${names.length}: ${names.join(", ")}`;
    throw new ArgumentError(name, "inputs", expected, String(given.length));
  }
  names.forEach((input, index) => {
    if (input.endsWith("?") || (given[index] !== undefined && given[index] !== null)) return;
    throw new ArgumentError(name, input, "must be given", describe(given[index]));
  });
  return given;
}

function attributesOf(name: string, attributes: unknown, names: readonly string[]): Record<string, unknown> {
  if (attributes === undefined || attributes === null) return {};
  if (typeof attributes !== "object") {
    throw new ArgumentError(name, "attributes", "must be an object", describe(attributes));
  }
  const given: Record<string, unknown> = { ...attributes };
  for (const key of Object.keys(given)) {
    if (names.includes(key)) continue;
    const expected = names.length === 0 ? "must be empty" : `must be among ${names.join(", ")}`;
    throw new ArgumentError(name, "attributes", expected, quote(key));
  }
  return given;
}
