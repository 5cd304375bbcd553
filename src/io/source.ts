import { describe } from "../dtype.js";
import { ArgumentError, FormatError, OutOfMemoryError } from "../errors.js";
import { optionsOf } from "../ops/operand.js";

/** What is needed of a Blob; named so that the declarations also compile where there is no DOM. */
export interface BlobLike {
  readonly size: number;
  slice(begin: number, end: number): BlobLike;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * Where a file's bytes are: in memory, or in a Blob, of which only what is asked for is read. A browser's File is a Blob,
 * and a Buffer is a Uint8Array. Node has `fs.openAsBlob(path)`, which as of Node 26 sees files of up to 4 GiB and takes
 * the size of others modulo 2^32; whatever has `size`, `slice` and `arrayBuffer` serves for those.
 */
export type Source = ArrayBufferLike | ArrayBufferView | BlobLike;

/** Options of every reader. */
export interface ReadOptions {
  /** What messages call the file. By default a File's own name, or else what kind of file it should be. */
  readonly name?: string;
}

/** The bytes of a file, wherever they are. */
export interface Bytes {
  readonly size: number;
  /** What messages call the file. */
  readonly name: string;
  /** Whether what is read is a copy that is ours to change. */
  readonly copies: boolean;
  /** Bytes `begin` to `end`, which lie within the file. */
  read(begin: number, end: number): Promise<Uint8Array>;
}

/** Blobs are read in pieces of this size: some make two copies of what they are asked for. */
const pieceBytes = 2 ** 26;

/** Looks at a source without reading it. `kind` is its name if it has no other. Throws ArgumentError. */
export function bytesOf(functionName: string, source: unknown, name: string | undefined, kind: string): Bytes {
  if (name !== undefined && typeof name !== "string")
    throw new ArgumentError(functionName, "name", "must be a string", describe(name));
  if (isBlob(source)) return blobBytes(functionName, source, name ?? fileName(source) ?? kind);
  return memoryBytes(functionName, viewOf(functionName, source), name ?? kind);
}

/** The name among the options of a reader that has no others. Throws ArgumentError. */
export function nameOf(functionName: string, options: ReadOptions): string | undefined {
  return optionsOf(functionName, options, ({ name }) => ({ name })).name;
}

function isBlob(source: unknown): source is BlobLike {
  const { size, slice, arrayBuffer } = (source ?? {}) as Partial<BlobLike>;
  return typeof size === "number" && typeof slice === "function" && typeof arrayBuffer === "function";
}

function fileName(blob: BlobLike): string | undefined {
  const { name } = blob as { name?: unknown };
  return typeof name === "string" ? name : undefined;
}

function viewOf(functionName: string, source: unknown): Uint8Array {
  try {
    if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    if (isBuffer(source)) return new Uint8Array(source);
  } catch {
    throw new ArgumentError(functionName, "source", "must not be detached", `a detached ${describe(source)}`);
  }
  const expected = "must be an ArrayBuffer, a typed array or a Blob";
  throw new ArgumentError(functionName, "source", expected, describe(source));
}

/** By its tag, which buffers of other realms have too. */
function isBuffer(source: unknown): source is ArrayBufferLike {
  return ["[object ArrayBuffer]", "[object SharedArrayBuffer]"].includes(Object.prototype.toString.call(source));
}

function memoryBytes(functionName: string, bytes: Uint8Array, name: string): Bytes {
  const read = async (begin: number, end: number) => {
    checkEnd(functionName, name, Math.min(bytes.length, end), end);
    return bytes.subarray(begin, end);
  };
  return { size: bytes.length, name, copies: false, read };
}

function blobBytes(functionName: string, blob: BlobLike, name: string): Bytes {
  const read = async (begin: number, end: number) => {
    const bytes = allocate(functionName, name, end - begin);
    for (let at = begin; at < end; at += pieceBytes) {
      const pieceEnd = Math.min(at + pieceBytes, end);
      const piece = new Uint8Array(await blob.slice(at, pieceEnd).arrayBuffer());
      checkEnd(functionName, name, at + piece.length, pieceEnd);
      bytes.set(piece, at - begin);
    }
    return bytes;
  };
  return { size: blob.size, name, copies: true, read };
}

/** A file may change while it is open, and memory may be detached. */
function checkEnd(functionName: string, name: string, actual: number, expected: number): void {
  if (actual !== expected)
    throw new FormatError(functionName, name, `must go on to byte ${expected}`, `its end at byte ${actual}`);
}

/** Memory for a part of a file. Throws OutOfMemoryError where there is none. */
export function allocate(functionName: string, name: string, size: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch {
    throw new OutOfMemoryError(functionName, name, "must fit in memory", `${size} bytes`);
  }
}
