import { createEngineSync } from "../engine/create.js";
import type { Engine } from "../engine/engine.js";
import { formatOfDType } from "../dtype.js";
import { Tensor, type TensorLike } from "../tensor.js";
import { FileElements, type Listener } from "./files/file_elements.js";
import { bytesOf, type FileTensor } from "./files/file_tensor.js";
import { loadTensor } from "./files/load.js";

/** The ops that the command line has. */
export type OpName =
  | "layerNorm"
  | "rmsNorm"
  | "groupNorm"
  | "instanceNorm"
  | "batchNorm"
  | "standardize"
  | "normalize"
  | "localResponseNorm";

/** One tensor in a file to be normalised into another. Plain data: it can be sent to another thread. */
export interface Task {
  readonly op: OpName;
  /** What the op takes between x and its options. */
  readonly argument: readonly unknown[];
  /** The op's options, parameters included, but for `out`. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly backend: "auto" | "wasm" | "js";
  readonly x: FileTensor;
  readonly out: FileTensor;
}

/** How far a task has come, in elements. */
export interface Counters {
  /** Up to where x has been read. */
  read: number;
  written: number;
}

/** What a task was done with. */
export interface Outcome {
  readonly backend: "wasm" | "js";
}

/** Does the work. */
export function runTask(task: Task, counters: Counters): Outcome {
  const engine = createEngineSync({ backend: task.backend });
  try {
    if (engine.backend === "wasm") runInTiles(engine, task, counters);
    else runInMemory(engine, task, counters);
    return { backend: engine.backend };
  } finally {
    engine.dispose();
  }
}

/** Through linear memory tile by tile, as any host tensor: so the bits are the same, and a file may be of any size. */
function runInTiles(engine: Engine, task: Task, counters: Counters): void {
  const { x, out } = task;
  const read: Listener = (start, count) => (counters.read = Math.max(counters.read, start + count));
  const written: Listener = (_, count) => (counters.written += count);
  apply(engine, task, tensorOf(x, read), tensorOf(out, written));
}

function tensorOf(file: FileTensor, listener: Listener): Tensor {
  const { dtype, shape, command } = file;
  return Tensor.stored(new FileElements(file, listener), shape, formatOfDType(command, dtype));
}

/** The js backend works on arrays: all is read, and then all is written. */
function runInMemory(engine: Engine, task: Task, counters: Counters): void {
  const x = loadTensor(task.x);
  counters.read = x.data.length;
  apply(engine, task, x, x);
  const bytes = new Uint8Array(x.data.buffer, x.data.byteOffset, bytesOf(task.out));
  new FileElements(task.out, () => (counters.written = x.data.length)).write(bytes, 0);
}

function apply(engine: Engine, { op, argument, options }: Task, x: TensorLike, out: TensorLike): void {
  type Op = (x: TensorLike, ...more: unknown[]) => void;
  (engine[op] as Op).call(engine, x, ...argument, { ...options, out });
}
