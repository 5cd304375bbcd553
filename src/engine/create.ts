import type { Backend } from "../backend/backend.js";
import { jsBackend } from "../backend/js/backend.js";
import { wasmBackend } from "../backend/wasm/backend.js";
import { describe, quote } from "../dtype.js";
import { ArgumentError, UnsupportedError } from "../errors.js";
import { optionsOf } from "../ops/operand.js";
import { Engine } from "./engine.js";
import { ForeignHeap, type Heap, KERNEL_SCRATCH, OwnHeap } from "./heap.js";
import { ADDRESSABLE_BYTES, ArrayMemory, LinearMemory, type MemoryLike, PAGE_BYTES } from "./memory.js";
import { gradientKernels } from "./gradient_module.js";
import { compile, compileSync, instantiate } from "./module.js";
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

/**
 * An engine, at once: compiles the embedded kernels on the first call.
 * Throws ArgumentError, UnsupportedError (`backend: "wasm"` where WebAssembly SIMD is not to be had), OutOfMemoryError.
 */
export function createEngineSync(options: EngineOptions = {}): Engine {
  return build(readOptions("createEngineSync", options));
}

/** createEngineSync without blocking while the kernels compile. */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const settings = readOptions("createEngine", options);
  // A platform that refuses does so again where the module is asked for, which reports it or falls back.
  if (settings.backend !== "js") await compile().catch(() => undefined);
  return build(settings);
}

/** Options that have been checked, and the function they were given to. */
interface Settings extends EngineOptions {
  readonly functionName: string;
}

function build(settings: Settings): Engine {
  const memory = new LinearMemory(settings.memory ?? ownMemory());
  const store = new Store(memory, heapOf(settings, memory));
  return new Engine(store, backendOf(settings, store));
}

function backendOf(settings: Settings, store: Store): Backend {
  const { functionName, backend = "auto", memory } = settings;
  if (backend === "js") return jsBackend;
  try {
    const kernels = instantiate(compileSync(), store.memory.memory);
    return wasmBackend({
      kernels,
      gradients: gradientKernels(store.memory.memory),
      conversions: kernels.conversions,
      store,
      kernelScratch: memory ? -1 : KERNEL_SCRATCH,
    });
  } catch (reason) {
    if (backend === "auto") return jsBackend;
    const expected = 'must be "js" or "auto" on this platform and with this memory';
    throw new UnsupportedError(functionName, "backend", expected, `"wasm": ${String(reason)}`);
  }
}

function ownMemory(): MemoryLike {
  try {
    return new WebAssembly.Memory({ initial: 1 });
  } catch {
    return new ArrayMemory();
  }
}

function heapOf({ memory: foreign, allocate, free, maximumBytes }: Settings, memory: LinearMemory): Heap {
  return foreign ? new ForeignHeap(memory, allocate, free) : new OwnHeap(memory, maximumBytes ?? ADDRESSABLE_BYTES);
}

function readOptions(functionName: string, options: EngineOptions): Settings {
  const read = ({ backend, maximumBytes, memory, allocate, free }: EngineOptions) => {
    checkMemory(functionName, memory);
    return { functionName, backend, maximumBytes, memory, allocate, free };
  };
  // Other keys are welcome: a module's own object may hold memory, allocate and free among much else.
  const settings = optionsOf(functionName, options, read, true);
  checkBackend(functionName, settings.backend);
  checkMaximum(functionName, settings);
  checkAllocators(functionName, settings);
  return settings;
}

function checkBackend(functionName: string, backend: unknown): void {
  if (backend !== undefined && backend !== "auto" && backend !== "wasm" && backend !== "js") {
    throw new ArgumentError(functionName, "backend", 'must be "auto", "wasm" or "js"', quote(backend));
  }
}

function checkMaximum(functionName: string, { maximumBytes, memory }: Settings): void {
  if (maximumBytes === undefined) return;
  if (!(typeof maximumBytes === "number" && maximumBytes >= PAGE_BYTES)) {
    const expected = `must be at least one page, ${PAGE_BYTES}`;
    throw new ArgumentError(functionName, "maximumBytes", expected, describe(maximumBytes));
  }
  if (memory) {
    const expected = "must not come with another module's memory, which the engine never grows";
    throw new ArgumentError(functionName, "maximumBytes", expected, String(maximumBytes));
  }
}

function checkMemory(functionName: string, memory: unknown): void {
  if (memory === undefined) return;
  if (!isMemory(memory)) {
    throw new ArgumentError(functionName, "memory", "must be a WebAssembly.Memory", describe(memory));
  }
}

function isMemory(memory: unknown): boolean {
  try {
    const { buffer, grow } = memory as { buffer?: unknown; grow?: unknown };
    return typeof grow === "function" && isBuffer(buffer);
  } catch {
    return false;
  }
}

/** Whether a value is a buffer, of any realm: only that has views. */
function isBuffer(value: unknown): boolean {
  try {
    return new Uint8Array(value as ArrayBuffer, 0, 0).buffer === value;
  } catch {
    return false;
  }
}

function checkAllocators(functionName: string, { allocate, free, memory }: Settings): void {
  checkAllocator(functionName, "allocate", allocate, memory);
  checkAllocator(functionName, "free", free, memory);
  if ((allocate === undefined) !== (free === undefined)) {
    const missing = allocate === undefined ? "allocate" : "free";
    throw new ArgumentError(functionName, missing, "must be given too: allocate and free go together", "undefined");
  }
}

function checkAllocator(functionName: string, argument: string, value: unknown, memory: unknown): void {
  if (value === undefined) return;
  if (typeof value !== "function")
    throw new ArgumentError(functionName, argument, "must be a function", describe(value));
  if (memory === undefined) {
    throw new ArgumentError(functionName, argument, "must come with the memory it allocates in", "no memory");
  }
}
