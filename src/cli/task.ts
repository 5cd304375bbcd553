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

/** An op to be called. Plain data: it can be sent to another thread. */
export interface Call {
  readonly op: OpName;
  /** What the op takes between x and its options. */
  readonly argument: readonly unknown[];
  /** The op's options, parameters included, but for `out`. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly backend: "auto" | "wasm" | "js";
}

/** One tensor in a file to be normalised into another. */
export interface Task extends Call {
  readonly x: FileTensor;
  readonly out: FileTensor;
}

/** How far a task has come, in elements. */
export interface Counters {
  /** Up to where x has been read. */
  read: number;
  written: number;
}

/** Runs an op's checks of its arguments, for an x that is not read yet. Throws what they throw. */
export function checkCall(call: Call, { dtype, shape }: Pick<FileTensor, "dtype" | "shape">): void {
  const engine = createEngineSync({ backend: "auto" });
  const stop = () => {
    throw checked;
  };
  const x = Tensor.stored({ read: stop, write: stop }, shape, formatOfDType(call.op, dtype));
  try {
    // The js backend would read what is not there.
    if (engine.backend === "wasm") apply(engine, call, x, x);
  } catch (error) {
    if (error !== checked) throw error;
  } finally {
    engine.dispose();
  }
}

/** Thrown where reading begins: arguments have been checked then. */
const checked = new Error("the arguments are good");

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

function apply(engine: Engine, { op, argument, options }: Call, x: TensorLike, out: TensorLike): void {
  type Op = (x: TensorLike, ...more: unknown[]) => void;
  (engine[op] as Op).call(engine, x, ...argument, { ...options, out });
}
