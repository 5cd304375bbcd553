// What the backward ops share: which gradients are wanted, from what, and where they go.

import { computeFormat, describe, type Format, type TypedArray } from "../dtype.js";
import type { Store } from "../engine/store.js";
import { ArgumentError } from "../errors.js";
import type { Tensor, TensorLike } from "../tensor.js";
import { type Operand, operandOf, optionsOf, parameterOf, reading, requiredParameterOf } from "./operand.js";
import {
  asTensor,
  checkApart,
  checkSameOrApart,
  checkTensor,
  makingTensors,
  type MakeTensor,
  type TensorFactory,
} from "./output.js";

/** Whether the gradients of x, of weight and of bias are wanted. */
export type OutputMask = readonly [input: boolean, weight: boolean, bias: boolean];

/** The mask of who gives none. */
export type AllGradients = readonly [true, true, true];

/** Where gradients go: each of the shape, dtype and home that it has where it is not given. */
export interface GradientsOut {
  /** May be exactly gradOutput or x. */
  gradInput?: TensorLike;
  gradWeight?: TensorLike;
  gradBias?: TensorLike;
}

/** What is wanted, or null. */
type IfWanted<Wanted extends boolean, Gradient> = Wanted extends true ? Gradient : null;

/** Gradients; null for those that `outputMask` leaves out. */
export interface Gradients<Data extends TypedArray = TypedArray, Mask extends OutputMask = AllGradients> {
  /** Of x: its shape, dtype and home. */
  readonly gradInput: IfWanted<Mask[0], Tensor<Data>>;
  /** Of weight: its shape, its dtype (x's where there is no weight) and x's home. */
  readonly gradWeight: IfWanted<Mask[1], Tensor>;
  /** Of bias: likewise. */
  readonly gradBias: IfWanted<Mask[2], Tensor>;
}

/** Gradients as the ops make them. */
export type AnyGradients = Gradients<TypedArray, OutputMask>;

/** Operands to write to; undefined for what is not wanted. */
export type GradientOperands = Record<Name, Operand | undefined>;

type Name = keyof GradientsOut;

const names = ["gradInput", "gradWeight", "gradBias"] as const satisfies readonly Name[];

/** What the native function returns besides statistics, so that all of it can be spread into options. */
export interface NotRead {
  /** Not read. */
  output?: unknown;
}

/** Tensors that gradients are computed from, checked. */
export interface GradientInputs {
  readonly gradOutput: Operand;
  readonly x: Operand;
  readonly mean?: Operand;
  readonly rstd?: Operand;
  readonly weight?: Operand | undefined;
  readonly bias?: Operand | undefined;
}

/** A checked call of a backward op, but for its `out`. */
export interface GradientCall {
  readonly functionName: string;
  readonly inputs: GradientInputs;
  readonly mask: OutputMask;
  /** The shape of weight and bias. */
  readonly parameterShape: readonly number[];
  readonly out: unknown;
  /** How many of the gradients the op has, in order. Default all. */
  readonly count?: number;
}

/** The gradient of the output: a tensor like x. */
export function gradOutputOf(functionName: string, value: unknown, x: Operand, store: Store): Operand {
  const operand = operandOf(functionName, "gradOutput", value, store);
  checkTensor(functionName, "gradOutput", operand, x.sizes, x.format, x);
  return operand;
}

/** A statistic as the native function returns it. */
export function statisticOf(
  functionName: string,
  argument: "mean" | "rstd",
  value: unknown,
  shape: readonly number[],
  x: Operand,
  store: Store,
): Operand {
  const format = computeFormat(x.format);
  return requiredParameterOf(functionName, argument, value, shape, format, store, "as statistics of x have");
}

/** weight or bias: one number per element of `shape`. */
export function weightOf(
  functionName: string,
  argument: "weight" | "bias",
  value: unknown,
  shape: readonly number[],
  x: Operand,
  store: Store,
): Operand | undefined {
  return parameterOf(functionName, argument, value, shape, x.format, store);
}

/** outputMask: three booleans, all true by default. The last may be missing, and is not true, where there is no bias. */
export function maskOf(functionName: string, value: unknown, hasBias = true): OutputMask {
  if (value === undefined) return [true, true, hasBias];
  return reading(functionName, "outputMask", () => {
    if (Array.isArray(value) && (value.length === 3 || (value.length === 2 && !hasBias))) {
      const [input, weight, bias = false] = value as unknown[];
      const areFlags = [input, weight, bias].every((flag) => typeof flag === "boolean");
      if (areFlags && (hasBias || !bias)) return [input, weight, bias] as unknown as OutputMask;
    }
    const expected = `must be [input, weight${hasBias ? ", bias" : ""}], true or false each`;
    throw new ArgumentError(functionName, "outputMask", expected, maskText(value));
  });
}

function maskText(value: unknown): string {
  return Array.isArray(value) ? `[${value.slice(0, 4).map(describe).join(", ")}]` : describe(value);
}

/** Runs a call into its `out`, or new tensors where that has none. */
export function makeGradients(
  context: TensorFactory,
  call: GradientCall,
  run: (gradients: GradientOperands) => void,
): AnyGradients {
  const { functionName, inputs } = call;
  const out = optionsOf(functionName, call.out ?? undefined, readerOf(call.count), false, "out");
  const given = checkedOuts(call, out, context.store);
  return makingTensors(context, { functionName, x: inputs.x }, (make) => {
    const gradients = gradientOperands(call, given, make);
    if (inputs.x.size > 0) {
      if (call.mask.includes(true)) run(gradients);
    } else for (const name of ["gradWeight", "gradBias"] as const) zero(gradients[name]);
    const tensors = names.map((name) => {
      const operand = gradients[name];
      if (!operand) return [name, null];
      return [name, given[name] ? asTensor(out[name], operand, context.store) : operand];
    });
    return Object.fromEntries(tensors) as unknown as AnyGradients;
  });
}

/** Where the gradient of an op without parameters goes. */
export interface GradInputOut {
  gradInput?: TensorLike;
}

/** The gradient of an op without parameters. */
export interface GradInput<Data extends TypedArray = TypedArray> {
  /** Of x: its shape, dtype and home. */
  readonly gradInput: Tensor<Data>;
}

/** Runs an op without parameters into its `out`, or a new tensor. */
export function makeGradInput(
  context: TensorFactory,
  functionName: string,
  inputs: GradientInputs,
  out: unknown,
  run: (gradInput: Operand) => void,
): GradInput {
  const mask: OutputMask = [true, false, false];
  const call = { functionName, inputs, mask, parameterShape: [], out, count: 1 };
  const { gradInput } = makeGradients(context, call, (gradients) => run(gradients.gradInput!));
  return { gradInput: gradInput! };
}

function readerOf(count: number | undefined): (out: GradientsOut) => GradientsOut {
  return (out) => Object.fromEntries(names.slice(0, count).map((name) => [name, out[name]]));
}

function zero(operand: Operand | undefined): void {
  if (operand) (operand.data as Float32Array).fill(0);
}

/** New tensors for what is wanted and not given. */
function gradientOperands(
  { inputs, mask, parameterShape }: GradientCall,
  given: GradientOperands,
  make: MakeTensor,
): GradientOperands {
  const { x } = inputs;
  return {
    gradInput: mask[0] ? (given.gradInput ?? make(x.sizes, x.format)) : undefined,
    gradWeight: mask[1] ? (given.gradWeight ?? make(parameterShape, weightFormat(inputs).format)) : undefined,
    gradBias: mask[2] ? (given.gradBias ?? make(parameterShape, biasFormat(inputs).format)) : undefined,
  };
}

/** A format, and the argument that has it. */
interface Whose {
  readonly format: Format;
  readonly whose: string;
}

function weightFormat({ x, weight }: GradientInputs): Whose {
  return weight ? { format: weight.format, whose: "weight" } : { format: x.format, whose: "x" };
}

function biasFormat(inputs: GradientInputs): Whose {
  return inputs.bias ? { format: inputs.bias.format, whose: "bias" } : weightFormat(inputs);
}

/** The user's `out`, checked: shapes, dtypes, homes, and what overlaps what. */
function checkedOuts(call: GradientCall, out: GradientsOut, store: Store): GradientOperands {
  const { functionName, inputs, mask, parameterShape } = call;
  const expected = [
    { shape: inputs.x.sizes, format: inputs.x.format, whose: "x" },
    { shape: parameterShape, ...weightFormat(inputs) },
    { shape: parameterShape, ...biasFormat(inputs) },
  ];
  const operands: GradientOperands = { gradInput: undefined, gradWeight: undefined, gradBias: undefined };
  names.forEach((name, index) => {
    const value: unknown = out[name];
    if (value === undefined || value === null) return;
    const argument = `out.${name}`;
    if (!mask[index]) {
      throw new ArgumentError(functionName, argument, "must be left out, as outputMask leaves it", describe(value));
    }
    const { shape, format, whose } = expected[index];
    const operand = operandOf(functionName, argument, value, store);
    checkTensor(functionName, argument, operand, shape, format, inputs.x, whose);
    operands[name] = operand;
  });
  checkOverlaps(functionName, inputs, operands);
  return operands;
}

/** gradInput may be gradOutput or x. All else that is written is apart from what is read and from what else is written. */
function checkOverlaps(functionName: string, inputs: GradientInputs, written: GradientOperands): void {
  const earlier: [string, Operand][] = [];
  for (const name of names) {
    const operand = written[name];
    if (!operand) continue;
    const argument = `out.${name}`;
    for (const [input, read] of Object.entries(inputs) as [string, Operand | undefined][]) {
      const mayBe = name === "gradInput" && (input === "gradOutput" || input === "x");
      if (mayBe) checkSameOrApart(functionName, operand, input, read!, argument);
      else checkApart(functionName, operand, input, read, argument);
    }
    for (const [other, former] of earlier) checkApart(functionName, operand, other, former, argument);
    earlier.push([argument, operand]);
  }
}
