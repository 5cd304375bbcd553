import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bytesIn, type InputFile, openInput } from "../../src/cli/files/input.js";
import { ArgumentError } from "../../src/errors.js";
import { capture, example, temporaryFolder } from "./support.js";

const folder = temporaryFolder();

/** All that an input holds. */
async function contentsOf(path: string, environment = capture()): Promise<Buffer> {
  const file: InputFile = await openInput("c", path, environment);
  const bytes = Buffer.from(bytesIn(file, 0, file.size + 1));
  file.close();
  expect(bytes).toHaveLength(file.size);
  return bytes;
}

it("reads a file, from the working directory", async () => {
  const environment = capture(example("."));
  expect(await contentsOf("tokens.npy", environment)).toEqual(readFileSync(example("tokens.npy")));
});

it("reads standard input, however it is cut", async () => {
  const environment = capture(".", [Buffer.from("ab"), Buffer.from(""), Buffer.from("c")]);
  expect((await contentsOf("-", environment)).toString()).toBe("abc");
});

it("reads an empty file", async () => expect(await contentsOf("/dev/null")).toHaveLength(0));

it("reads a named pipe", async () => {
  const pipe = join(folder.path, "pipe");
  execFileSync("mkfifo", [pipe]);
  spawn("sh", ["-c", `cat '${example("tokens.npy")}' > '${pipe}'`]);
  expect(await contentsOf(pipe)).toEqual(readFileSync(example("tokens.npy")));
});

it.each([
  ["missing.npy", "no such file or directory (ENOENT)"],
  [".", "illegal operation on a directory (EISDIR)"],
])("says why %s cannot be read", async (path, reason) => {
  const failed = openInput("layer-norm", path, capture(folder.path));
  await expect(failed).rejects.toBeInstanceOf(ArgumentError);
  await expect(failed).rejects.toThrow(`layer-norm: ${path} must be a file that can be read, got ${reason}`);
});
