import { npyFile } from "../../io/npy.js";
import { openNpz } from "../../io/npz.js";
import type { TensorLike } from "../../tensor.js";
import { FileBlob } from "./file_blob.js";
import type { InputFile } from "./input.js";
import { writeAt } from "./positioned.js";
import type { StateFile } from "./state_file.js";

/** All arrays of the archive are in memory while it is written. */
export async function openNpzState(file: InputFile): Promise<StateFile> {
  const archive = await openNpz(new FileBlob(file), { name: file.name });
  const { keys } = archive;
  return {
    extension: ".npz",
    keys,
    read: (key) => archive.read(key),
    async rewrite(fd, changes) {
      const files: { fileName: string; contents: Uint8Array }[] = [];
      for (const key of new Set([...keys, ...changes.keys()])) {
        const change = changes.get(key);
        if (change === null) continue;
        const contents = change ? npyOf(file, key, change) : await collect(archive.stream(key));
        files.push({ fileName: `${key}.npy`, contents });
      }
      const { writeZip } = await import("../../io/zip-writer.js");
      writeAt(fd, await writeZip(files, false), 0);
    },
  };
}

function npyOf({ command, name }: InputFile, key: string, tensor: TensorLike): Uint8Array {
  return npyFile(command, `${name}:${key}`, tensor);
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece.slice());
  return Buffer.concat(parts);
}
