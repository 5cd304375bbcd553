import { spawn, type SpawnOptions } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach } from "vitest";
import type { Environment } from "../../src/cli/environment.js";

/** The built program. */
export const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export const example = (name: string) => fileURLToPath(new URL(`../../examples/data/${name}`, import.meta.url));

/** A folder of its own for every test of the file, removed after it. */
export function temporaryFolder(): { readonly path: string } {
  const folder = { path: "" };
  beforeEach(() => {
    folder.path = mkdtempSync(join(tmpdir(), "lanenorm-test-"));
  });
  afterEach(() => rmSync(folder.path, { recursive: true, force: true }));
  return folder;
}

export interface Captured extends Environment {
  output(): Buffer;
  errors(): string;
}

/** An environment whose streams can be read back. */
export function capture(cwd = process.cwd(), stdin: Uint8Array[] = []): Captured {
  const [stdout, stderr] = [collector(), collector()];
  return {
    stdin: Readable.from(stdin),
    stdout: stdout.stream,
    stderr: stderr.stream,
    cwd: () => cwd,
    output: stdout.contents,
    errors: () => stderr.contents().toString(),
  };
}

function collector() {
  const pieces: Buffer[] = [];
  const stream = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(Buffer.from(piece));
      done();
    },
  });
  return { stream, contents: () => Buffer.concat(pieces) };
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs the built program to its end. */
export async function lanenorm(
  argv: readonly string[],
  { stdin, ...options }: SpawnOptions & { stdin?: Uint8Array } = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [program, ...argv], options);
  child.stdin?.on("error", () => undefined); // the program may end without reading it
  child.stdin?.end(stdin);
  const [stdout, stderr, [code, signal]] = await Promise.all([
    contents(child.stdout),
    contents(child.stderr),
    new Promise<[number | null, NodeJS.Signals | null]>((done) => child.on("close", (...end) => done(end))),
  ]);
  return { code, signal, stdout, stderr: stderr.toString() };
}

async function contents(stream: Readable | null): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream ?? []) pieces.push(piece);
  return Buffer.concat(pieces);
}
