import { DTypeError } from "../../errors.js";
import {
  dtypeOfSafetensors,
  readSafetensorsHeader,
  type SafetensorsHeader,
  safetensorsHeaderSize,
  safetensorsPrefixBytes,
} from "../../io/safetensors-header.js";
import { chooseKey } from "./choose_key.js";
import { bytesIn, type InputFile } from "./input.js";
import type { Location } from "./location.js";

export function locateInSafetensors(file: InputFile, wanted: string | undefined): Location {
  const { fd, name, command } = file;
  const { entries, dataOffset } = headerOfFile(file);
  const key = chooseKey(file, [...entries.keys()], wanted);
  const entry = entries.get(key)!;
  const dtype = dtypeOfSafetensors(entry.dtype);
  if (!dtype) throw new DTypeError(command, `${name}:${key}`, "must be of F64, F32, F16 or BF16", entry.dtype);
  return { fd, begin: dataOffset + entry.begin, dtype, shape: entry.shape, bigEndian: false, fortranOrder: false };
}

/** The header of a whole file. Throws FormatError. */
export function headerOfFile(file: InputFile): SafetensorsHeader {
  const { size, name, command } = file;
  const headerSize = safetensorsHeaderSize(bytesIn(file, 0, safetensorsPrefixBytes), size, name, command);
  return readSafetensorsHeader(bytesIn(file, 0, headerSize), size, name, command);
}
