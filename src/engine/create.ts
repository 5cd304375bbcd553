import type { Backend } from "../backend/backend.js";
import { jsBackend } from "../backend/js.js";
import { wasmBackend } from "../backend/wasm/backend.js";
import { describe } from "../dtype.js";
import { ArgumentError, UnsupportedError } from "../errors.js";
import { Engine } from "./engine.js";
import { ForeignHeap, type Heap, OwnHeap } from "./heap.js";
import { ADDRESSABLE_BYTES, ArrayMemory, LinearMemory, type MemoryLike, PAGE_BYTES } from "./memory.js";
import { compile, compileSync, instantiate, SCRATCH_BYTES } from "./module.js";
import { Store } from "./store.js";

/** Options of createEngineSync and createEngine. */
export interface EngineOptions {
  /** "wasm", "js", or (the default) "auto": wasm where the platform allows it. */
  backend?: "auto" | "wasm" | "js";
  /** The most linear memory to take, in bytes. Default: all that addresses reach, 4 GiB. */
  maximumBytes?: number;
  /** Another module's memory to work on, in place of one of the engine's own. */
  memory?: MemoryLike;
  /** That module's malloc: bytes to offset; 0 says no. Needed for whatever takes scratch or makes tensors. */
  allocate?: (bytes: number) => number;
  /** That module's free. */
  free?: (offset: number) => void;
}

const FUNCTION = "createEngine";

/** Kernels' scratch lies here in the engine's own memory, so that no tensor has offset 0. */
const KERNEL_SCRATCH = 64;

/**
 * An engine, at once: compiles the embedded kernels on the first call.
 * Throws ArgumentError, UnsupportedError (`backend: "wasm"` where WebAssembly SIMD is not to be had), OutOfMemoryError.
 */
export function createEngineSync(options: EngineOptions = {}): Engine {
  checkOptions(options);
  return build(options, compileSync);
}

/** createEngineSync without blocking while the kernels compile. */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  checkOptions(options);
  if (options.backend === "js") return build(options, compileSync);
  // A platform that refuses is reported, or fallen back from, where the module is asked for.
  const outcome = await compile().then(
    (module) => () => module,
    (reason: unknown) => () => {
      throw reason;
    },
  );
  return build(options, outcome);
}

function build(options: EngineOptions, compiled: () => WebAssembly.Module): Engine {
  const memory = new LinearMemory(options.memory ?? ownMemory());
  const store = new Store(memory, heapOf(options, memory));
  return new Engine(store, backendOf(options, store, compiled));
}

function backendOf(options: EngineOptions, store: Store, compiled: () => WebAssembly.Module): Backend {
  const { backend = "auto" } = options;
  if (backend === "js") return jsBackend;
  try {
    const kernels = instantiate(compiled(), store.memory.memory);
    return wasmBackend({ kernels, store, kernelScratch: options.memory ? -1 : KERNEL_SCRATCH });
  } catch (reason) {
    if (backend === "auto") return jsBackend;
    throw new UnsupportedError(
      FUNCTION,
      "backend",
      'must be "js" or "auto" on this platform',
      `"wasm": ${String(reason)}`,
    );
  }
}

function ownMemory(): MemoryLike {
  try {
    return new WebAssembly.Memory({ initial: 1 });
  } catch {
    return new ArrayMemory();
  }
}

function heapOf(options: EngineOptions, memory: LinearMemory): Heap {
  if (options.memory) return new ForeignHeap(memory, options.allocate, options.free);
  return new OwnHeap(memory, KERNEL_SCRATCH + SCRATCH_BYTES, options.maximumBytes ?? ADDRESSABLE_BYTES);
}

function checkOptions(options: unknown): asserts options is EngineOptions {
  if (typeof options !== "object" || options === null) {
    throw new ArgumentError(FUNCTION, "options", "must be an object", describe(options));
  }
  const { backend, maximumBytes, memory, allocate, free } = options as Record<string, unknown>;
  if (backend !== undefined && backend !== "auto" && backend !== "wasm" && backend !== "js") {
    const got = typeof backend === "string" ? backend : describe(backend);
    throw new ArgumentError(FUNCTION, "backend", 'must be "auto", "wasm" or "js"', got);
  }
  if (maximumBytes !== undefined && !(typeof maximumBytes === "number" && maximumBytes >= PAGE_BYTES)) {
    throw new ArgumentError(
      FUNCTION,
      "maximumBytes",
      `must be at least one page, ${PAGE_BYTES}`,
      describe(maximumBytes),
    );
  }
  if (memory !== undefined && !isMemory(memory)) {
    throw new ArgumentError(FUNCTION, "memory", "must be a WebAssembly.Memory", describe(memory));
  }
  checkAllocator("allocate", allocate, memory);
  checkAllocator("free", free, memory);
  if ((allocate === undefined) !== (free === undefined)) {
    const missing = allocate === undefined ? "allocate" : "free";
    throw new ArgumentError(FUNCTION, missing, "must be given too: allocate and free go together", "undefined");
  }
}

function isMemory(memory: unknown): memory is MemoryLike {
  const { buffer, grow } = (memory ?? {}) as { buffer?: { byteLength?: unknown }; grow?: unknown };
  return typeof grow === "function" && typeof buffer?.byteLength === "number";
}

function checkAllocator(argument: string, value: unknown, memory: unknown): void {
  if (value === undefined) return;
  if (typeof value !== "function") throw new ArgumentError(FUNCTION, argument, "must be a function", describe(value));
  if (memory === undefined) {
    throw new ArgumentError(FUNCTION, argument, "must come with the memory it allocates in", "no memory");
  }
}
