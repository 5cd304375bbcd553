// What the adapters need of an engine beside its functions.

import { describe, type Format } from "../dtype.js";
import { defaultEngine } from "../engine/default.js";
import { Engine } from "../engine/engine.js";
import type { Store } from "../engine/store.js";
import { ArgumentError, LanenormError } from "../errors.js";
import { operandOf } from "../ops/operand.js";
import { outputLike } from "../ops/output.js";
import { sizeOf } from "../shape.js";
import { Tensor } from "../tensor.js";

/** The engine of an `engine` option: the default one if missing. */
export function engineOf(functionName: string, engine: unknown): Engine {
  if (engine === undefined) return defaultEngine();
  if (Engine.is(engine)) return engine;
  throw new ArgumentError(functionName, "engine", "must be an Engine", describe(engine));
}

/** A tensor argument, checked under the adapter's names. */
export function tensorOf(functionName: string, argument: string, value: unknown, engine: Engine): Tensor {
  const operand = operandOf(functionName, argument, value, storeOf(engine));
  return Tensor.is(operand) ? operand : Tensor.host(operand.data, operand.sizes, operand.format);
}

const stores = new WeakMap<Engine, Store>();

/** An engine's memory: that of a view, here of nothing. */
export function storeOf(engine: Engine): Store {
  let store = stores.get(engine);
  if (!store) stores.set(engine, (store = engine.view(0, [0]).store!));
  return store;
}

/** Runs what calls the engine; its errors name the adapter's function. */
export function named<Result>(functionName: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof LanenormError) || error.functionName === functionName) throw error;
    const ErrorClass = error.constructor as typeof LanenormError;
    throw new ErrorClass(functionName, error.argument, error.expected, error.got);
  }
}

/** The same elements under another shape of as many, and still those of `tensor`: disposing of it frees nothing. */
export function reshaped(tensor: Tensor, shape: readonly number[]): Tensor {
  const { store, offset, format } = tensor;
  return store ? Tensor.resident(store, offset, shape, format, false) : Tensor.host(tensor.data, shape, format);
}

/** A new tensor of x's home, not initialised. */
export function newTensor(
  engine: Engine,
  functionName: string,
  x: Tensor,
  shape: readonly number[],
  format = x.format,
): Tensor {
  const factory = {
    store: storeOf(engine),
    allocate: (_: string, sizes: readonly number[], { arrayName, Array, dtype }: Format) =>
      // engine.empty knows dtypes, not classes of arrays.
      arrayName === "Float16Array" ? engine.tensor(new Array!(sizeOf(sizes)), sizes) : engine.empty(sizes, dtype),
  };
  return outputLike(factory, functionName, x, shape, format);
}

/** A copy of x, of x's home. */
export function copyOf(engine: Engine, functionName: string, x: Tensor): Tensor {
  const copy = newTensor(engine, functionName, x, x.sizes);
  // Read now: making the copy may have grown the memory.
  (copy.data as Float32Array).set(x.data as Float32Array);
  return copy;
}
