import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { expect } from "vitest";
import {
  createEngineSync,
  type Engine,
  type EngineOptions,
  LanenormError,
  Tensor,
  type TensorLike,
} from "../../src/index.js";
import { sizeOf } from "../../src/shape.js";
import { computingKind, float32, type Kind, parameterKinds } from "./kinds.js";
import type { Arguments, Op } from "./ops.js";

export type BackendName = "wasm" | "js";
export type Home = "host" | "resident";

export const backends: readonly BackendName[] = ["wasm", "js"];
export const homes: readonly Home[] = ["host", "resident"];

export function engineOf(backend: BackendName, options: EngineOptions = {}): Engine {
  return createEngineSync({ ...options, backend });
}

/** Values that no two neighbours share, so that a stray write shows. */
export function values(count: number, seed = 1): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => Math.fround(Math.sin(index + seed) * 3 + 0.5));
}

export function host(shape: readonly number[], seed = 1): { data: Float32Array; shape: readonly number[] } {
  return { data: values(sizeOf(shape), seed), shape };
}

export function place(engine: Engine, home: Home, shape: readonly number[], seed = 1) {
  const tensor = host(shape, seed);
  return home === "host" ? tensor : engine.tensor(tensor.data, shape);
}

/** A tensor for an argument: variances and what is made of them are positive. */
export function argumentOf(name: string, shape: readonly number[], seed: number, kind = float32): TensorLike {
  const numbers = values(sizeOf(shape), seed);
  const data = kind.encode(
    /^(runningVar|rstd)$/.test(name) ? numbers.map((number) => Math.abs(number) + 0.5) : numbers,
  );
  return kind.arrayName === "Uint16Array" ? { data, shape, dtype: kind.dtype } : { data, shape };
}

export function placeArgument(
  engine: Engine,
  home: Home,
  name: string,
  shape: readonly number[],
  seed: number,
  kind = float32,
): TensorLike {
  const tensor = argumentOf(name, shape, seed, kind);
  return home === "host" ? tensor : engine.tensor(tensor.data, shape, tensor.dtype);
}

/** Good arguments of an op, with x and all parameters at `home`; parameters of x's kind, or of another. */
export function goodArguments(
  engine: Engine,
  op: Op,
  home: Home = "host",
  kind: Kind = float32,
  parameterKind = kind,
): Record<string, unknown> {
  const args: Record<string, unknown> = { size: op.size, ...op.settings };
  for (const name of op.inputs) args[name] = placeArgument(engine, home, name, op.shape, name === "x" ? 1 : 51, kind);
  let seed = 2;
  for (const [name, shape] of Object.entries(op.parameters)) {
    const own = op.statistics.includes(name) ? computingKind(kind) : parameterKind;
    args[name] = placeArgument(engine, home, name, shape, seed++, own);
  }
  return args;
}

/** A tensor for each place that an op may write to, at `home`. */
export function placesToWrite(engine: Engine, op: Op, home: Home = "host", kind = float32): Record<string, TensorLike> {
  const made = op.places.map(({ name, shape }, index) => {
    return [name, placeArgument(engine, home, name, shape, 9 + index, kind)] as const;
  });
  return Object.fromEntries(made);
}

/** The kinds that a parameter of an op on an x of some kind may have. */
export function kindsOfParameter(op: Op, name: string, kind: Kind): readonly Kind[] {
  return op.statistics.includes(name) ? [computingKind(kind)] : parameterKinds(kind);
}

/** The same tensor for x, and for whatever must be like x. */
export function alike(op: Op, x: unknown): Record<string, unknown> {
  return Object.fromEntries(op.inputs.map((name) => [name, x]));
}

/** Arguments with others for x and for what is like it, made of those. */
export function replacingInputs(
  op: Op,
  args: Arguments,
  make: (tensor: TensorLike) => unknown,
): Record<string, unknown> {
  return { ...args, ...Object.fromEntries(op.inputs.map((name) => [name, make(args[name] as TensorLike)])) };
}

/** A buffer that may be resized, which TypeScript's lib for ES2023 does not know. */
export function resizable(byteLength: number, maxByteLength: number): ArrayBuffer & { resize(bytes: number): void } {
  const Resizable = ArrayBuffer as unknown as new (bytes: number, options: object) => ReturnType<typeof resizable>;
  return new Resizable(byteLength, { maxByteLength });
}

/** The shape that an argument of an op has. */
export function shapeOfArgument(op: Op, name: string): readonly number[] {
  return op.parameters[name] ?? op.shape;
}

type ErrorClass = abstract new (...args: never[]) => LanenormError;

export interface Refusal {
  readonly kind: ErrorClass;
  readonly functionName: string;
  /** The argument the message must name; a pattern where the API leaves several names open. */
  readonly argument?: string | RegExp;
}

/** That `action` throws the typed error, with a message made of its parts. */
export function expectRefusal(action: () => unknown, { kind, functionName, argument }: Refusal): LanenormError {
  const error = thrownBy(action);
  expect(error).toBeInstanceOf(LanenormError);
  expect(error).toBeInstanceOf(kind);
  const refusal = error as LanenormError;
  expect(refusal.functionName).toBe(functionName);
  if (argument !== undefined) expect(refusal.argument).toMatch(argument);
  expectWellFormed(refusal);
  return refusal;
}

export function expectWellFormed(error: LanenormError): void {
  const { functionName, argument, expected, got } = error;
  expect(error.message).toBe(`${functionName}: ${argument} ${expected}, got ${got}`);
  expect(error.name).toBe(error.constructor.name);
  expect(functionName).toMatch(/^[A-Za-z][A-Za-z.]+$/);
  expect(argument).not.toBe("");
  expect(expected).toMatch(/^(must|is|cannot)\b/);
  expect(got).not.toBe("");
  // A message is for people: data that was passed by mistake does not belong into it.
  expect(error.message.length).toBeLessThan(500);
}

export function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("was accepted, and must not be");
}

/** That a bad call writes nothing, keeps no memory, and leaves an engine that works. */
export function expectUntouched<Result>(engine: Engine, args: Arguments, action: () => Result): Result {
  const before = snapshot(args);
  const { usedBytes } = engine.memory;
  const result = action();
  expect(snapshot(args)).toEqual(before);
  expect(engine.memory.usedBytes).toBe(usedBytes);
  expectWorks(engine);
  return result;
}

/** The bytes of whatever among the arguments has any, as a hash. */
export function snapshot(args: Arguments): Record<string, string> {
  const entries: [string, string][] = [];
  for (const [name, value] of Object.entries(args)) {
    const bytes = bytesOf(value);
    if (bytes) entries.push([name, createHash("sha1").update(bytes).digest("hex")]);
  }
  return Object.fromEntries(entries);
}

function bytesOf(value: unknown): Uint8Array | undefined {
  try {
    const data: unknown = ArrayBuffer.isView(value) ? value : (value as { data?: unknown } | undefined)?.data;
    return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : undefined;
  } catch {
    // A disposed tensor, detached data, or a value made to throw: there is nothing to look at.
    return undefined;
  }
}

export function expectWorks(engine: Engine): void {
  const y = engine.layerNorm({ data: Float32Array.of(1, 3, 2, 6), shape: [2, 2] }, 2, { eps: 0 });
  expect([...y.data]).toEqual([-1, 1, -1, 1]);
}

/** Every tensor of a result, whatever form it has. */
export function tensorsOf(result: unknown): Tensor[] {
  if (result instanceof Tensor) return [result];
  return Object.values(result as Record<string, unknown>).filter((part) => part instanceof Tensor);
}

export function disposeAll(result: unknown): void {
  for (const tensor of tensorsOf(result)) tensor.dispose();
}

/** Disposes of what a call has made, and not of what it was given to write to. */
export function disposeMade(result: unknown, args: Arguments): void {
  const given = Object.values(args);
  for (const tensor of tensorsOf(result)) if (!given.includes(tensor)) tensor.dispose();
}

/** The bits of every tensor of a result, copied. */
export function bitsOf(result: unknown): Uint8Array[] {
  return tensorsOf(result).map(bitsOfTensor);
}

export function bitsOfTensor(tensor: TensorLike | ArrayBufferView): Uint8Array {
  const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(tensor) ? tensor : tensor.data;
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}

/** toEqual for large results, which it takes seconds over. */
export function expectSameBits(actual: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  expect(actual.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  for (const [index, bits] of actual.entries()) {
    expect(Buffer.compare(bits, expected[index]), `result ${index}`).toBe(0);
  }
}

/** The bits of the results of a call, and of what it updates. */
export function outcomeOf(engine: Engine, op: Op, args: Arguments): Uint8Array[] {
  const results = bitsOf(op.call(engine, args));
  return [...results, ...op.updates.map((name) => bitsOfTensor(args[name] as TensorLike))];
}

/** Rows for it.each: a value as it looks in code, and the value, which may be an array. */
export function named(list: readonly unknown[]): [string, unknown][] {
  return list.map((value) => [inspect(value), value]);
}
