import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { prepareOutput } from "../../src/cli/files/output.js";
import { writeAt } from "../../src/cli/files/positioned.js";
import { ArgumentError } from "../../src/errors.js";
import { capture, temporaryFolder } from "./support.js";

const folder = temporaryFolder();
const path = (name: string) => join(folder.path, name);

/** Writes "hello", not in order, and commits it; fails half-way where that is asked for. */
async function write(name: string, environment = capture(folder.path), fail = false): Promise<void> {
  const open = await prepareOutput("c", name, environment);
  const { fd, commit, discard } = open();
  try {
    writeAt(fd, Buffer.from("llo"), 2);
    if (fail) throw new Error("the source failed");
    writeAt(fd, Buffer.from("he"), 0);
    await commit();
  } finally {
    discard();
  }
}

const writeAndFail = (name: string) => write(name, capture(folder.path), true);

describe("a file", () => {
  it("is made whole, and alone", async () => {
    await write("y");
    expect(readFileSync(path("y"), "utf8")).toBe("hello");
    expect(readdirSync(folder.path)).toEqual(["y"]);
  });

  it("is made in the mode the user's mask gives", async () => {
    await write("y");
    expect(statSync(path("y")).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  it("is not there before it is opened", async () => {
    await prepareOutput("c", "y", capture(folder.path));
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it("is replaced, and keeps its mode", async () => {
    writeFileSync(path("y"), "something older and longer");
    chmodSync(path("y"), 0o640);
    await write("y");
    expect(readFileSync(path("y"), "utf8")).toBe("hello");
    expect(statSync(path("y")).mode & 0o777).toBe(0o640);
  });

  it("keeps its old contents when the work fails, and no temporary file stays", async () => {
    writeFileSync(path("y"), "old");
    await expect(writeAndFail("y")).rejects.toThrow("the source failed");
    expect(readFileSync(path("y"), "utf8")).toBe("old");
    expect(readdirSync(folder.path)).toEqual(["y"]);
  });

  it("may have the longest name the system takes", async () => {
    const name = "y".repeat(255);
    await write(name);
    expect(readdirSync(folder.path)).toEqual([name]);
  });

  it("behind a symbolic link is replaced; the link stays", async () => {
    mkdirSync(path("elsewhere"));
    writeFileSync(path("elsewhere/y"), "old");
    symlinkSync("elsewhere/y", path("link"));
    await write("link");
    expect(readFileSync(path("elsewhere/y"), "utf8")).toBe("hello");
    expect(lstatSync(path("link")).isSymbolicLink()).toBe(true);
    expect(readlinkSync(path("link"))).toBe("elsewhere/y");
  });

  it("leaves no signal handlers behind", async () => {
    const listeners = () => ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => process.listenerCount(signal));
    const before = listeners();
    await write("y");
    await expect(writeAndFail("y")).rejects.toThrow();
    expect(listeners()).toEqual(before);
  });
});

describe("a path that cannot be written fails before the work", () => {
  const reasons: [path: string, reason: string][] = [
    ["nowhere/y", "no such file or directory (ENOENT)"],
    ["file/y", "not a directory (ENOTDIR)"],
    ["folder", "a directory"],
    ["folder/", "a directory"],
    ["new/", "a directory"],
    ["y".repeat(256), "name too long (ENAMETOOLONG)"],
  ];

  it.each(reasons)("%s", async (name, reason) => {
    writeFileSync(path("file"), "");
    mkdirSync(path("folder"));
    const failed = prepareOutput("layer-norm", name, capture(folder.path));
    await expect(failed).rejects.toBeInstanceOf(ArgumentError);
    await expect(failed).rejects.toThrow(`layer-norm: -o ${name} must be a file that can be written, got ${reason}`);
    expect(readdirSync(folder.path).sort()).toEqual(["file", "folder"]);
  });
});

describe("a device or pipe", () => {
  it("is written, not replaced", async () => {
    symlinkSync("/dev/null", path("null"));
    await write("null");
    expect(statSync(path("null")).isCharacterDevice()).toBe(true);
  });

  it("that is full fails", async () => {
    await expect(write("/dev/full")).rejects.toThrow(
      "c: -o /dev/full must be a file that can be written, got no space left on device (ENOSPC)",
    );
    expect(statSync("/dev/full").isCharacterDevice()).toBe(true);
  });

  it("with a reader delivers", async () => {
    execFileSync("mkfifo", [path("pipe")]);
    const [received] = await Promise.all([readFile(path("pipe"), "utf8"), write("pipe")]);
    expect(received).toBe("hello");
  });
});

it("a device that fails closes nothing twice", async () => {
  await expect(write("/dev/full")).rejects.toThrow("ENOSPC");
  const fds = Array.from({ length: 3 }, () => openSync(path("other"), "w"));
  await expect(write("/dev/full")).rejects.toThrow("ENOSPC");
  for (const fd of fds) expect(() => closeSync(fd)).not.toThrow();
});

describe("standard output", () => {
  it("gets the bytes in order and stays open", async () => {
    const environment = capture();
    await write("-", environment);
    expect(environment.output().toString()).toBe("hello");
    expect(environment.stdout.writable).toBe(true);
  });

  it("reports a closed pipe as what it is", async () => {
    const closed = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
    const stdout = new Writable({ write: (_piece, _encoding, done) => done(closed) });
    stdout.on("error", () => undefined);
    await expect(write("-", { ...capture(), stdout })).rejects.toBe(closed);
  });
});
