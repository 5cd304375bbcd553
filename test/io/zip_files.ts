// ZIP archives as a careless or hostile writer could make them. See APPNOTE.TXT of PKWARE, 4.3 and 4.4.

import { crc32, deflateRawSync } from "node:zlib";
import { joined } from "./support.js";

/** A file of an archive, and what its headers say instead of the truth. */
export interface ZipFile {
  readonly name: string;
  readonly contents: Uint8Array;
  readonly deflate?: boolean;
  /** In both headers. */
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
  readonly size?: number;
  readonly compressedSize?: number;
  /** In the directory alone: where the local header is. */
  readonly offset?: number;
  /** In the local header alone. */
  readonly localName?: string;
}

/** Bytes of a little-endian record: numbers of the given widths. */
function record(...fields: [value: number, bytes: 2 | 4][]): Uint8Array {
  return joined(
    ...fields.map(([value, bytes]) => {
      const field = Buffer.alloc(bytes);
      if (bytes === 2) field.writeUInt16LE(value);
      else field.writeUInt32LE(value >>> 0);
      return field;
    }),
  );
}

function common(file: ZipFile, data: Uint8Array, name: Uint8Array): Uint8Array {
  const { contents, deflate } = file;
  return record(
    [20, 2],
    [file.flags ?? 0, 2],
    [file.method ?? (deflate ? 8 : 0), 2],
    [0, 2],
    [0x21, 2], // 1980-01-01
    [file.crc ?? crc32(contents), 4],
    [file.compressedSize ?? data.length, 4],
    [file.size ?? contents.length, 4],
    [name.length, 2],
    [0, 2],
  );
}

/** An archive of these files. `count` is what its end says of their number. */
export function zipArchive(files: readonly ZipFile[], count = files.length): Uint8Array<ArrayBuffer> {
  const locals: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const file of files) {
    const data = file.deflate ? deflateRawSync(file.contents) : file.contents;
    const [name, localName] = [file.name, file.localName ?? file.name].map((text) => Buffer.from(text));
    const local = joined(record([0x04034b50, 4]), common(file, data, localName!), localName!, data);
    const head = record([0x02014b50, 4], [20, 2]);
    const tail = record([0, 2], [0, 2], [0, 2], [0, 4], [file.offset ?? offset, 4]);
    directory.push(joined(head, common(file, data, name!), tail, name!));
    locals.push(local);
    offset += local.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = record([0x06054b50, 4], [0, 2], [0, 2], [count, 2], [count, 2], [size, 4], [offset, 4], [0, 2]);
  return joined(...locals, ...directory, end);
}
