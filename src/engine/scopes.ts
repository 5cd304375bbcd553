import { describe, type TypedArray } from "../dtype.js";
import { ArgumentError } from "../errors.js";
import { Tensor } from "../tensor.js";

/** Which tensors to free when a scope ends: a stack of what was made in each. */
export class Scopes {
  readonly #stack: Set<Tensor<TypedArray>>[] = [];

  track(tensor: Tensor<TypedArray>): void {
    this.#stack.at(-1)?.add(tensor);
  }

  run<Result>(fn: () => Result): Result {
    if (typeof fn !== "function") throw new ArgumentError("engine.scope", "fn", "must be a function", describe(fn));
    const made = new Set<Tensor<TypedArray>>();
    this.#stack.push(made);
    try {
      const result = fn();
      checkSynchronous(result);
      // Found first, kept then: looking through a result runs its getters, and one may throw.
      for (const tensor of tensorsIn(result)) this.#keep(made, tensor);
      return result;
    } finally {
      this.#stack.pop();
      for (const tensor of made) tensor.dispose();
    }
  }

  /** What a scope returns belongs to the scope around it. */
  #keep(made: Set<Tensor<TypedArray>>, tensor: Tensor<TypedArray>): void {
    if (made.delete(tensor)) this.#stack.at(-2)?.add(tensor);
  }
}

function checkSynchronous(result: unknown): void {
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then === "function") {
    throw new ArgumentError("engine.scope", "fn", "must not be asynchronous", "a function that returned a promise");
  }
}

/** The tensors in a result: itself, or in arrays and plain objects however deep. */
function tensorsIn(result: unknown): Tensor<TypedArray>[] {
  const tensors: Tensor<TypedArray>[] = [];
  const seen = new Set<unknown>([result]);
  // A Set visits what is added while it is walked, so it is the list of what is left to look at too.
  for (const value of seen) {
    if (Tensor.is(value)) tensors.push(value);
    else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
      for (const part of Object.values(value)) seen.add(part);
    }
  }
  return tensors;
}
