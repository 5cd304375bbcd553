import { FormatError } from "../errors.js";
import { flagOf, numberOf, optionsOf } from "../ops/operand.js";
import type { Tensor, TensorLike } from "../tensor.js";
import { decode } from "./decode.js";
import { entryOf, recordOf, tensorsOf } from "./keys.js";
import { npyFile } from "./npy.js";
import { type NpyDType, type NpyHeader, npyHeaderSize, npyPrefixBytes, readNpyHeader } from "./npy-header.js";
import { Pieces } from "./pieces.js";
import { quoteText } from "./scanner.js";
import { allocate, bytesOf, type ReadOptions, type Source } from "./source.js";
import type { ZipEntry } from "./zip.js";

export interface NpzOptions extends ReadOptions {
  /**
   * The most bytes that the compressed arrays of one call may have when they are decompressed: a thousand times as many
   * as the file. By default 2^31.
   */
  readonly maximumBytes?: number;
}

/** A .npz file of which the directory has been read. Its methods throw ArgumentError for a key that is not there. */
export interface NpzFile {
  /** The names of all arrays, in the file's order, without their ".npy". */
  readonly keys: readonly string[];
  /** Reads the header of an array, and decompresses what comes with it. Throws FormatError. */
  info(key: string): Promise<NpzInfo>;
  /** Reads an array, into memory of its own. Throws FormatError. */
  read(key: string): Promise<Tensor>;
  /**
   * The bytes of an array's .npy file, in pieces and in bounded memory whatever its size. Throws FormatError, for a wrong
   * checksum only with the last piece. Read a stream to its end, or leave its loop, before the next: the library runs
   * few at a time, and makes others wait for seconds.
   */
  stream(key: string): AsyncGenerator<Uint8Array, void, undefined>;
  /** @internal Where in the archive the array's .npy file lies; undefined if it is compressed. */
  place(key: string): Promise<{ offset: number; size: number } | undefined>;
}

export interface NpzInfo {
  readonly dtype: NpyDType;
  readonly shape: readonly number[];
}

const extension = ".npy";
const defaultMaximum = 2 ** 31;

/**
 * Reads the directory of a .npz file, NumPy's ZIP archive of .npy files, as `np.savez` and `np.savez_compressed` write it.
 * Arrays are read one at a time: of a Blob nothing but the directory and what is asked for is read. What `readNpy` says
 * about arrays holds for each.
 *
 * Throws FormatError for archives that are broken, ambiguous or encrypted, whose entries overlap, or whose sizes cannot be
 * true. The library that reads ZIP archives is imported by the first call.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.savez.html
 */
export async function openNpz(source: Source, options: NpzOptions = {}): Promise<NpzFile> {
  return new Archive("openNpz", await open("openNpz", source, options));
}

/** Reads all arrays of a .npz file into an object without a prototype; otherwise as `openNpz`. */
export async function readNpz(source: Source, options: NpzOptions = {}): Promise<Record<string, Tensor>> {
  const opened = await open("readNpz", source, options);
  checkMaximum("readNpz", opened, [...opened.entries.values()]);
  const archive = new Archive("readNpz", opened);
  const tensors = new Map<string, Tensor>();
  for (const key of archive.keys) tensors.set(key, await archive.read(key));
  return recordOf(tensors);
}

interface Opened {
  readonly name: string;
  readonly entries: ReadonlyMap<string, ZipEntry>;
  readonly maximumBytes: number;
}

async function open(functionName: string, source: Source, options: NpzOptions): Promise<Opened> {
  const { name, maximumBytes } = optionsOf(functionName, options, (given) => ({
    name: given.name,
    maximumBytes: numberOf(functionName, "maximumBytes", given.maximumBytes, defaultMaximum),
  }));
  const bytes = bytesOf(functionName, source, name, "the .npz file");
  const { openZip } = await import("./zip.js");
  const entries = new Map<string, ZipEntry>();
  for (const entry of await openZip(functionName, bytes))
    if (entry.fileName.endsWith(extension)) entries.set(entry.fileName.slice(0, -extension.length), entry);
  return { name: bytes.name, entries, maximumBytes };
}

/** Only what is compressed can be much larger than the file it comes from. */
function checkMaximum(functionName: string, { name, maximumBytes }: Opened, entries: readonly ZipEntry[]): void {
  const bytes = entries.reduce((sum, { compressed, size }) => sum + (compressed ? size : 0), 0);
  if (bytes <= maximumBytes) return;
  const expected = `must decompress to at most ${maximumBytes} bytes (the option maximumBytes)`;
  throw new FormatError(functionName, name, expected, String(bytes));
}

class Archive implements NpzFile {
  readonly keys: readonly string[];
  readonly #functionName: string;
  readonly #opened: Opened;

  constructor(functionName: string, opened: Opened) {
    this.keys = [...opened.entries.keys()];
    this.#functionName = functionName;
    this.#opened = opened;
  }

  async info(key: string): Promise<NpzInfo> {
    return this.#withArray(key, async (_, { dtype, shape }) => ({ dtype, shape }));
  }

  async read(key: string): Promise<Tensor> {
    checkMaximum(this.#functionName, this.#opened, [this.#entry(key)]);
    return this.#withArray(key, async (pieces, header, size, name) => {
      const data = allocate(this.#functionName, name, size - header.dataOffset);
      const filled = await pieces.fill(data);
      if (filled < data.length || !(await pieces.atEnd()))
        throw new FormatError(this.#functionName, name, `must have ${size} bytes`, "another number");
      return decode(data, header, true);
    });
  }

  stream(key: string): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#entry(key).stream();
  }

  async place(key: string): Promise<{ offset: number; size: number } | undefined> {
    const entry = this.#entry(key);
    return entry.compressed ? undefined : { offset: await entry.offset(), size: entry.size };
  }

  #entry(key: string): ZipEntry {
    return entryOf(this.#functionName, this.#opened.name, this.#opened.entries, key);
  }

  /** Reads the header of an array, and lets `use` have the pieces after it. */
  async #withArray<Result>(
    key: string,
    use: (pieces: Pieces, header: NpyHeader, size: number, name: string) => Promise<Result>,
  ): Promise<Result> {
    const entry = this.#entry(key);
    const name = `${quoteText(entry.fileName)} in ${this.#opened.name}`;
    const pieces = new Pieces(entry.stream());
    try {
      return await use(pieces, await readHeader(this.#functionName, pieces, entry.size, name), entry.size, name);
    } finally {
      await pieces.close();
    }
  }
}

async function readHeader(functionName: string, pieces: Pieces, size: number, name: string): Promise<NpyHeader> {
  const prefix = new Uint8Array(Math.min(npyPrefixBytes, size));
  await pieces.fill(prefix);
  const header = new Uint8Array(npyHeaderSize(prefix, size, name, functionName));
  header.set(prefix.subarray(0, header.length)); // a header of no length is shorter
  await pieces.fill(header.subarray(prefix.length));
  return readNpyHeader(header, size, name, functionName);
}

export interface WriteNpzOptions {
  /** Whether to deflate the arrays, as `np.savez_compressed` does: slow, and of little use for weights. */
  readonly compress?: boolean;
}

/**
 * The .npz file of tensors, host or resident, that `np.load` reads: what `writeNpy` writes of each, in a ZIP archive. The
 * same tensors make the same bytes; compressed ones on the same engine.
 *
 * The tensors are copied before this function returns its promise. Throws what `writeNpy` does, and ArgumentError for
 * keys that no archive can have. The library that writes ZIP archives is imported by the first call.
 */
export async function writeNpz(
  tensors: Readonly<Record<string, TensorLike>>,
  options: WriteNpzOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { compress } = optionsOf("writeNpz", options, (given) => ({
    compress: flagOf("writeNpz", "compress", given.compress, false),
  }));
  const files = tensorsOf("writeNpz", tensors).map(([key, tensor]) => ({
    fileName: key + extension,
    contents: npyFile("writeNpz", `tensors[${quoteText(key)}]`, tensor),
  }));
  const { writeZip } = await import("./zip-writer.js");
  return writeZip(files, compress);
}
