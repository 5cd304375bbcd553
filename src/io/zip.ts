// The one module that knows the library which reads ZIP archives; imported when the first one is opened.

import { ERR_ENCRYPTED, type FileEntry, ZipReader } from "@zip.js/zip.js/lib/zip-core-reader.js";
import { FormatError } from "../errors.js";
import { quoteText } from "./scanner.js";
import type { Bytes } from "./source.js";
import { ZipSource } from "./zip-source.js";

/** A file in an archive, of which nothing has been read but what the directory says. */
export interface ZipEntry {
  readonly fileName: string;
  /** Bytes of its contents, which `stream` holds it to. */
  readonly size: number;
  readonly compressed: boolean;
  /**
   * The contents in pieces, in bounded memory; checked against size and CRC-32 when the last has been taken. Throws
   * FormatError.
   */
  stream(): AsyncGenerator<Uint8Array, void, undefined>;
  /** Where in the archive the contents lie, as they are, if they are not compressed. Throws FormatError. */
  offset(): Promise<number>;
}

const methods = { stored: 0, deflated: 8 };

/** Of deflate: a match makes at most 258 bytes of 2 bits, one for its length and one for its distance. */
const largestRatio = 1032;

/**
 * What the library checks: that an archive has one meaning, that entries lie within it, match their local headers, do
 * not overlap what has been read, and decompress to what was promised. Names are keys here, not paths: all are welcome.
 * They are UTF-8 or, where their flag is not set, ASCII, which is UTF-8 too.
 */
const readerOptions = {
  strictness: "strict",
  filenameValidation: "tolerant",
  filenameEncoding: "utf-8",
  checkOverlappingEntry: true,
  checkCrc32: true,
  useWebWorkers: false,
} as const;

/**
 * Reads the directory of a ZIP archive: its files, in order. Throws FormatError for archives that are broken, ambiguous
 * or in several volumes, and for sizes that cannot be true.
 */
export async function openZip(functionName: string, bytes: Bytes): Promise<ZipEntry[]> {
  const source = new ZipSource(bytes);
  try {
    const entries = await new ZipReader(source as never, readerOptions).getEntries();
    const files = entries.filter((entry) => !entry.directory) as FileEntry[];
    checkSum(functionName, bytes, files);
    return files.map((file) => entryOf(functionName, bytes, source, file));
  } catch (error) {
    throw readable(error, functionName, bytes.name, source, "must be an intact ZIP archive");
  }
}

/** Entries that together are longer than the archive share bytes: a bomb, however little each of them is compressed. */
function checkSum(functionName: string, { size, name }: Bytes, files: readonly FileEntry[]): void {
  const sum = files.reduce((total, { compressedSize }) => total + compressedSize, 0);
  if (sum > size)
    throw new FormatError(functionName, name, `must have entries of at most ${size} bytes in all`, String(sum));
}

function entryOf(functionName: string, bytes: Bytes, source: ZipSource, file: FileEntry): ZipEntry {
  const fileName = file.filename;
  const expected = `must hold an intact file ${quoteText(fileName)}`;
  const guarded = (error: unknown) => readable(error, functionName, bytes.name, source, expected);
  checkSizes(functionName, bytes.name, file);
  return {
    fileName,
    size: file.uncompressedSize,
    compressed: file.compressionMethod !== methods.stored,
    stream: () => contents(file, guarded),
    offset: async () => {
      try {
        await file.getData!(new WritableStream(), { checkOverlappingEntryOnly: true });
        return file.localDirectory!.dataOffset;
      } catch (error) {
        throw guarded(error);
      }
    },
  };
}

function checkSizes(functionName: string, name: string, file: FileEntry): void {
  const { filename, compressionMethod, compressedSize, uncompressedSize } = file;
  const fail = (expected: string, got: string): never => {
    throw new FormatError(functionName, name, `${expected} in ${quoteText(filename)}`, got);
  };
  const deflated = compressionMethod === methods.deflated;
  if (!deflated && compressionMethod !== methods.stored)
    fail("must use compression method 0 or 8", String(compressionMethod));
  if (file.encrypted) fail("must have no password", ERR_ENCRYPTED);
  const most = deflated ? compressedSize * largestRatio : compressedSize;
  const least = deflated ? 0 : compressedSize;
  if (uncompressedSize > most || uncompressedSize < least)
    fail(`must have ${least === most ? "" : "at most "}${most} bytes`, String(uncompressedSize));
}

async function* contents(
  file: FileEntry,
  guarded: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  // What fails before the library takes the stream would leave its other end waiting.
  const finished = file.getData!(writable).catch((error) => writable.abort(error).catch(() => {}));
  const reader = readable.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw guarded(error);
  } finally {
    await reader.cancel().catch(() => {});
    await finished;
  }
}

/** An error of the library as ours; those of the source, and our own, as they are. */
function readable(error: unknown, functionName: string, name: string, source: ZipSource, expected: string): unknown {
  if (source.failure !== undefined) return source.failure;
  if (error instanceof FormatError) return error;
  const { message, reason } = error as { message?: string; reason?: string };
  return new FormatError(functionName, name, expected, reason ? `${message}: ${reason}` : String(message));
}
