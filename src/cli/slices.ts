import { sizeOf } from "../shape.js";
import { bytesPerElement, type FileTensor } from "./files/file_tensor.js";
import type { Task } from "./task.js";

/**
 * A task as at most `most` that do not need each other: parts of the first `independent` dimensions of x, of which no
 * two elements share statistics. What is computed of an element is the same.
 */
export function slicesOf(task: Task, independent: number, most: number): Task[] {
  const { shape } = task.x;
  const axis = shape.findIndex((size) => size > 1);
  const size = shape[axis]!;
  const count = Math.min(most, size);
  if (axis < 0 || axis >= independent || count < 2) return [task];
  return Array.from({ length: count }, (_, index) => {
    const begin = Math.floor((size * index) / count);
    const end = Math.floor((size * (index + 1)) / count);
    const part = (tensor: FileTensor) => sliceOf(tensor, axis, begin, end);
    return { ...task, x: part(task.x), out: part(task.out) };
  });
}

/** [begin, end) of an axis before which all sizes are 1. */
function sliceOf(tensor: FileTensor, axis: number, begin: number, end: number): FileTensor {
  const { shape } = tensor;
  const bytes = sizeOf(shape.slice(axis + 1)) * bytesPerElement(tensor);
  return {
    ...tensor,
    begin: tensor.begin + begin * bytes,
    shape: [...shape.slice(0, axis), end - begin, ...shape.slice(axis + 1)],
  };
}
