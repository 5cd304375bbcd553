import { closeSync, openSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FileTensor } from "../../src/cli/files/file_tensor.js";
import { type OpName, runTask, type Task } from "../../src/cli/task.js";
import { createEngineSync, type DType, type TensorLike, type TypedArray } from "../../src/index.js";
import { temporaryFolder } from "./support.js";

const folder = temporaryFolder();
const bytesIn = ({ buffer, byteOffset, byteLength }: TypedArray) => new Uint8Array(buffer, byteOffset, byteLength);

/** Numbers from -1 to 3 in any dtype. */
function randomTensor(shape: readonly number[], dtype: DType): TensorLike {
  const engine = createEngineSync({ backend: "js" });
  let state = 1;
  const numbers = Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 30 - 1;
  });
  const { data } = engine.tensor(numbers, shape, dtype);
  return { data: data.slice(), shape, dtype };
}

interface Case {
  readonly op: OpName;
  readonly shape: readonly number[];
  readonly argument?: readonly unknown[];
  readonly options?: Readonly<Record<string, unknown>>;
}

const last = { layout: "channels-last" };
const running = (channels: number) => ({
  runningMean: new Float32Array(channels).fill(0.5),
  runningVar: new Float32Array(channels).fill(2),
});
// A tile holds 65,536 float32 numbers.
const cases: readonly Case[] = [
  { op: "layerNorm", shape: [700, 129], argument: [129], options: { weight: new Float32Array(129).fill(1.5) } },
  { op: "layerNorm", shape: [3, 70_001], argument: [70_001] },
  { op: "layerNorm", shape: [2000, 40], argument: [40], options: { eps: 0.5 } },
  { op: "rmsNorm", shape: [90, 1000], argument: [1000] },
  { op: "groupNorm", shape: [2, 6, 31_000], argument: [2] },
  { op: "groupNorm", shape: [50, 8, 400], argument: [4], options: { bias: new Float32Array(8).fill(0.1) } },
  { op: "groupNorm", shape: [2, 31_000, 6], argument: [2], options: last },
  { op: "groupNorm", shape: [1, 180_000, 8], argument: [2], options: last },
  { op: "instanceNorm", shape: [2, 3, 40_000] },
  { op: "instanceNorm", shape: [2, 40_000, 3], options: { ...last, useInputStats: true } },
  { op: "batchNorm", shape: [4, 50, 1000], options: { ...running(50), training: false } },
  { op: "batchNorm", shape: [4, 1000, 50], options: { ...running(50), ...last } },
  { op: "batchNorm", shape: [4, 5, 10_000], options: { training: true } },
  { op: "batchNorm", shape: [200_001, 5], options: { training: true } },
  { op: "standardize", shape: [4, 60, 700], argument: [[1]] },
  { op: "standardize", shape: [40, 6, 700], argument: [[0, 2]] },
  { op: "normalize", shape: [4, 60, 700] },
  { op: "normalize", shape: [3, 70_001], options: { dim: -1, p: 3 } },
  { op: "localResponseNorm", shape: [4, 60, 700], argument: [5] },
  { op: "localResponseNorm", shape: [4, 700, 60], argument: [5], options: last },
];

/** Runs the case on a file. */
function runOnFile({ op, argument = [], options = {} }: Case, x: TensorLike, backend: Task["backend"]): Uint8Array {
  const [from, to] = [join(folder.path, "x"), join(folder.path, "y")];
  writeFileSync(from, Buffer.concat([Buffer.from("header"), bytesIn(x.data)]));
  const fds = [openSync(from, "r"), openSync(to, "w+")];
  const [input, output] = [fileTensor(fds[0]!, 6, x), fileTensor(fds[1]!, 3, x)];
  const counters = { read: 0, written: 0 };
  const before = { ...options };
  expect(runTask({ op, argument, options, backend, x: input, out: output }, counters).backend).toBe(backend);
  for (const fd of fds) closeSync(fd);
  expect(options).toEqual(before);
  expect(counters).toEqual({ read: x.data.length, written: x.data.length });
  return readFileSync(to).subarray(3);
}

function fileTensor(fd: number, begin: number, { shape, dtype }: TensorLike): FileTensor {
  return { fd, begin, dtype: dtype!, shape, bigEndian: false, command: "c", argument: "x" };
}

function runInMemory({ op, argument = [], options = {} }: Case, x: TensorLike, backend: Task["backend"]): Uint8Array {
  const engine = createEngineSync({ backend });
  type Op = (x: TensorLike, ...more: unknown[]) => TensorLike;
  return bytesIn((engine[op] as unknown as Op).call(engine, x, ...argument, options).data);
}

const inDType = (options: Case["options"], dtype: DType): Case["options"] => {
  const convert = (value: unknown) => (value instanceof Float32Array ? Float64Array.from(value) : value);
  if (dtype !== "float64" || !options) return options;
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, convert(value)]));
};

describe.each(["float32", "float64", "float16", "bfloat16"] as const)(
  "%s: a file gives the bits of a tensor",
  (dtype) => {
    it.each(
      cases.map(
        (each) => [`${each.op} [${each.shape}] ${JSON.stringify([each.argument, each.options])}`, each] as const,
      ),
    )("%s", (_, each) => {
      const x = randomTensor(each.shape, dtype);
      const inThisDType = { ...each, options: inDType(each.options, dtype) };
      const expected = runInMemory(inThisDType, x, "wasm");
      expect(Buffer.compare(runOnFile(inThisDType, x, "wasm"), expected)).toBe(0);
    });
  },
);

it("the js backend reads all of a file", () => {
  const each = cases[0]!;
  const x = randomTensor(each.shape, "float32");
  expect(Buffer.compare(runOnFile(each, x, "js"), runInMemory(each, x, "js"))).toBe(0);
});

it("a file that becomes shorter is a FormatError that says where", () => {
  const x = randomTensor([10, 10], "float32");
  const path = join(folder.path, "x");
  writeFileSync(path, bytesIn(x.data));
  const fd = openSync(path, "r+");
  truncateSync(path, 100);
  const file = fileTensor(fd, 0, x);
  const task: Task = { op: "layerNorm", argument: [10], options: {}, backend: "wasm", x: file, out: file };
  expect(() => runTask(task, { read: 0, written: 0 })).toThrow("must not become shorter while it is read");
  closeSync(fd);
});
