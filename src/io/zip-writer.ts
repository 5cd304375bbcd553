// The one module that knows the library which writes ZIP archives; imported when the first one is written.

import { ZipWriter } from "@zip.js/zip.js/lib/zip-core-writer.js";
import { ArgumentError } from "../errors.js";
import { quoteText } from "./scanner.js";
import { joined } from "./joined.js";
import { bytesOf } from "./source.js";
import { ZipSource } from "./zip-source.js";

/** What NumPy writes too: a date would make other bytes of the same arrays. */
const date = new Date(1980, 0, 1);

/** One archive of files. Throws ArgumentError for names that it cannot have. */
export async function writeZip(
  files: readonly { fileName: string; contents: Uint8Array }[],
  compress: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  const writable = new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) });
  const options = { level: compress ? 6 : 0, lastModDate: date, extendedTimestamp: false, dataDescriptor: false };
  const writer = new ZipWriter(writable, { ...options, useWebWorkers: false });
  for (const { fileName, contents } of files) {
    const source = new ZipSource(bytesOf("writeNpz", contents, undefined, fileName));
    await writer.add(fileName, source as never).catch((error: Error) => {
      throw new ArgumentError(
        "writeNpz",
        "tensors",
        `must have keys that an archive can (${error.message})`,
        quoteText(fileName),
      );
    });
  }
  await writer.close();
  return joined(chunks);
}
