import { DisposedError } from "../errors.js";
import type { Heap } from "./heap.js";
import type { LinearMemory } from "./memory.js";

/** An engine's memory and what owns it: all that a resident tensor needs to know of its engine. */
export class Store {
  readonly memory: LinearMemory;
  readonly heap: Heap;
  #disposed = false;

  constructor(memory: LinearMemory, heap: Heap) {
    this.memory = memory;
    this.heap = heap;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.heap.freeAll();
  }

  assertAlive(functionName: string): void {
    if (this.#disposed) throw new DisposedError(functionName, "engine", "must not be disposed", "a disposed engine");
  }
}
