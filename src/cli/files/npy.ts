import { npyHeaderSize, npyPrefixBytes, readNpyHeader } from "../../io/npy-header.js";
import { beginningOf, type InputFile } from "./input.js";
import type { Location } from "./location.js";

export function locateInNpy(file: InputFile): Location {
  const { fd, size, name } = file;
  const headerSize = npyHeaderSize(beginningOf(file, npyPrefixBytes), size, name);
  const header = readNpyHeader(beginningOf(file, headerSize), size, name);
  const { dtype, shape, dataOffset, littleEndian, fortranOrder } = header;
  return { fd, begin: dataOffset, dtype, shape, bigEndian: !littleEndian, fortranOrder };
}
