import { describe, expect, it } from "vitest";
import type { FileTensor } from "../../src/cli/files/file_tensor.js";
import { slicesOf } from "../../src/cli/slices.js";
import type { Task } from "../../src/cli/task.js";

const MB = 2 ** 20;

function task(shape: readonly number[]): Task {
  const tensor = (fd: number, begin: number): FileTensor => {
    return { fd, begin, dtype: "float32", shape, bigEndian: false, command: "c", argument: `${fd}` };
  };
  return { op: "layerNorm", argument: [], options: {}, backend: "auto", x: tensor(1, 80), out: tensor(2, 128) };
}

const partsOf = (tasks: readonly Task[]) => tasks.map(({ x, out }) => [x.shape, x.begin, out.begin]);

describe("a task falls into slices", () => {
  it("of its first dimension", () => {
    expect(partsOf(slicesOf(task([100, MB]), 1, 3))).toEqual([
      [[33, MB], 80, 128],
      [[33, MB], 80 + 33 * 4 * MB, 128 + 33 * 4 * MB],
      [[34, MB], 80 + 66 * 4 * MB, 128 + 66 * 4 * MB],
    ]);
  });

  it("of the first that is longer than 1", () => {
    const slices = slicesOf(task([1, 1, 64, MB]), 3, 2);
    expect(slices.map(({ x }) => x.shape)).toEqual([
      [1, 1, 32, MB],
      [1, 1, 32, MB],
    ]);
    expect(slices[1]!.x.begin).toBe(80 + 128 * MB);
  });

  it("as many as it can", () => {
    expect(slicesOf(task([3, 64 * MB]), 1, 64)).toHaveLength(3);
  });

  it.each([
    ["elements that share statistics", [1, 64, MB], 1],
    ["everything sharing them", [100, MB], 0],
    ["one slice", [16, MB], 1, 1],
    ["a scalar", [], 0],
    ["an empty tensor", [0, MB], 1],
    ["ones", [1, 1], 2],
    ["sizes that do not fit", [100, MB], -3],
  ])("but not %s", (_, shape, independent, most = 4) => {
    const whole = task(shape);
    expect(slicesOf(whole, independent, most)).toEqual([whole]);
  });
});
