import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { ArgumentError, DTypeError, FormatError } from "../../errors.js";
import { npyHeader } from "../../io/npy-header.js";
import { safetensorsHeader } from "../../io/safetensors-header.js";
import { UsageError } from "../arguments.js";
import { asArgumentError } from "../system-error.js";
import type { FileTensor } from "./file_tensor.js";
import type { InputFile } from "./input.js";
import { writeAt } from "./positioned.js";
import type { Reference } from "./reference.js";
import { headerOfFile } from "./safetensors.js";

/** The key of a result that was given none. */
const DEFAULT_KEY = "output";

/** Begins a file for one tensor of x's shape and dtype: .safetensors or .npy, by its name. Returns where its elements go. */
export function beginTensor(command: string, target: Reference, fd: number, x: FileTensor): FileTensor {
  const argument = `-o ${target.path}`;
  const header = headerOf(command, argument, target, x);
  try {
    writeAt(fd, header, 0);
  } catch (error) {
    throw asArgumentError(command, argument, "must be a file that can be written", error);
  }
  return { ...x, fd, begin: header.length, bigEndian: false, argument };
}

/** Whether a result is .safetensors, by its name; standard output is if it was given a key. */
function isSafetensors({ path, key }: Reference): boolean {
  return /\.safetensors$/i.test(path) || key !== undefined;
}

/** Throws UsageError for a name that promises something else than it would get. */
export function checkName({ path }: Reference): void {
  const extension = extname(path).toLowerCase();
  if (!["", ".npy", ".safetensors"].includes(extension))
    throw new UsageError(`-o takes .npy or .safetensors, got '${path}'`);
}

/** Throws ArgumentError if other tensors would be lost. */
export function checkNothingLost(command: string, target: Reference, directory: string): void {
  const path = resolve(directory, target.path);
  if (target.path === "-" || !isSafetensors(target) || !statSync(path, { throwIfNoEntry: false })?.isFile()) return;
  const others = keysOf(path).filter((key) => key !== (target.key ?? DEFAULT_KEY));
  if (others.length === 0) return;
  const expected = "must not be a file of other tensors, which would be lost";
  throw new ArgumentError(command, `-o ${target.path}`, expected, `one with ${others[0]}`);
}

/** The keys of a .safetensors file; none, if it is something else. */
function keysOf(path: string): string[] {
  const fd = openSync(path, "r");
  const { size } = fstatSync(fd);
  const file: InputFile = { fd, size, command: "", name: path, close: () => closeSync(fd) };
  try {
    return [...headerOfFile(file).entries.keys()];
  } catch (error) {
    if (error instanceof FormatError) return [];
    throw error;
  } finally {
    file.close();
  }
}

function headerOf(command: string, argument: string, target: Reference, { dtype, shape }: FileTensor): Uint8Array {
  const key = target.key ?? DEFAULT_KEY;
  if (isSafetensors(target)) return safetensorsHeader(new Map([[key, { dtype, shape }]])).bytes;
  if (dtype === "bfloat16")
    throw new DTypeError(
      command,
      argument,
      "must be .safetensors for bfloat16, which NumPy does not have",
      target.path,
    );
  return npyHeader(dtype, shape);
}
