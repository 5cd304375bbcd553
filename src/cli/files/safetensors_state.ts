import { DTypeError, FormatError } from "../../errors.js";
import {
  dtypeOfSafetensors,
  readSafetensorsHeader,
  type SafetensorsEntry,
  safetensorsHeader,
  safetensorsHeaderSize,
  safetensorsPrefixBytes,
  type TensorInfo,
} from "../../io/safetensors-header.js";
import { writtenOf } from "../../io/written.js";
import type { TensorLike } from "../../tensor.js";
import { bytesIn, type InputFile } from "./input.js";
import { loadTensor } from "./load.js";
import { readAt, writeAt } from "./positioned.js";
import type { StateFile } from "./state_file.js";

/** Bytes that are copied at a time: checkpoints are larger than memory. */
const CHUNK_BYTES = 2 ** 24;

/** Tensors that stay are copied in parts, so the file may be of any size. */
export async function openSafetensorsState(file: InputFile): Promise<StateFile> {
  const { fd, size, name, command } = file;
  const headerSize = safetensorsHeaderSize(bytesIn(file, 0, safetensorsPrefixBytes), size, name, command);
  const header = readSafetensorsHeader(bytesIn(file, 0, headerSize), size, name, command);
  const { entries, metadata, dataOffset } = header;
  return {
    extension: ".safetensors",
    keys: [...entries.keys()],
    async read(key) {
      const { dtype: fileType, shape, begin } = entries.get(key)!;
      const dtype = dtypeOfSafetensors(fileType);
      if (!dtype) throw new DTypeError(command, `${name}:${key}`, "must be of F64, F32, F16 or BF16", fileType);
      const argument = `${name}:${key}`;
      return loadTensor({ fd, begin: dataOffset + begin, dtype, shape, bigEndian: false, command, argument });
    },
    async rewrite(target, changes) {
      const tensors = new Map<string, Part>();
      for (const [key, entry] of entries) if (!changes.has(key)) tensors.set(key, kept(file, dataOffset, entry));
      for (const [key, tensor] of changes) if (tensor) tensors.set(key, changed(command, `${name}:${key}`, tensor));
      const { bytes, keys } = safetensorsHeader(tensors, metadata.size > 0 ? Object.fromEntries(metadata) : undefined);
      writeAt(target, bytes, 0);
      let position = bytes.length;
      for (const key of keys) position = tensors.get(key)!.write(target, position);
    },
  };
}

/** A tensor of the new file. */
interface Part extends TensorInfo {
  /** Writes its bytes from `position` on, and returns where they end. */
  write(target: number, position: number): number;
}

function kept(file: InputFile, dataOffset: number, { dtype, shape, begin, end }: SafetensorsEntry): Part {
  return {
    dtype,
    shape,
    size: end - begin,
    write(target, position) {
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - begin));
      for (let at = begin; at < end; at += chunk.length) {
        const bytes = chunk.subarray(0, Math.min(chunk.length, end - at));
        if (readAt(file.fd, bytes, dataOffset + at) < bytes.length)
          throw new FormatError(file.command, file.name, "must not become shorter while it is read", "its end");
        writeAt(target, bytes, position + at - begin);
      }
      return position + end - begin;
    },
  };
}

function changed(command: string, argument: string, tensor: TensorLike): Part {
  const { dtype, shape, bytes } = writtenOf(command, argument, tensor);
  return {
    dtype,
    shape,
    write(target, position) {
      writeAt(target, bytes, position);
      return position + bytes.length;
    },
  };
}
