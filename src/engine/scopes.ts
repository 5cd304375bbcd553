import { describe } from "../dtype.js";
import { ArgumentError } from "../errors.js";
import { Tensor } from "../tensor.js";

/** Which tensors to free when a scope ends: a stack of what was made in each. */
export class Scopes {
  readonly #stack: Set<Tensor>[] = [];

  track(tensor: Tensor): void {
    this.#stack.at(-1)?.add(tensor);
  }

  run<Result>(fn: () => Result): Result {
    if (typeof fn !== "function") throw new ArgumentError("engine.scope", "fn", "must be a function", describe(fn));
    const made = new Set<Tensor>();
    this.#stack.push(made);
    try {
      const result = fn();
      checkSynchronous(result);
      for (const tensor of tensorsIn(result)) this.#keep(made, tensor);
      return result;
    } finally {
      this.#stack.pop();
      for (const tensor of made) tensor.dispose();
    }
  }

  /** What a scope returns belongs to the scope around it. */
  #keep(made: Set<Tensor>, tensor: Tensor): void {
    if (made.delete(tensor)) this.#stack.at(-2)?.add(tensor);
  }
}

function checkSynchronous(result: unknown): void {
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then === "function") {
    throw new ArgumentError("engine.scope", "fn", "must not be asynchronous", "a function that returned a promise");
  }
}

/** The tensors in a result: itself, or in arrays and plain objects however deep. */
function* tensorsIn(value: unknown, seen = new Set<unknown>()): Generator<Tensor> {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Tensor) yield value;
  else if (!ArrayBuffer.isView(value)) for (const part of Object.values(value)) yield* tensorsIn(part, seen);
}
