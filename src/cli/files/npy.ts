import { npyHeaderSize, npyPrefixBytes, readNpyHeader } from "../../io/npy-header.js";
import { bytesIn, type InputFile } from "./input.js";
import type { Location } from "./location.js";

/** The array of a .npy file, or of one that is a part of a file: `size` bytes from `begin` on. */
export function locateInNpy(file: InputFile, begin = 0, size = file.size): Location {
  const { fd, name, command } = file;
  const prefix = bytesIn(file, begin, Math.min(npyPrefixBytes, size));
  const headerSize = npyHeaderSize(prefix, size, name, command);
  const header = readNpyHeader(bytesIn(file, begin, headerSize), size, name, command);
  const { dtype, shape, dataOffset, littleEndian, fortranOrder } = header;
  return { fd, begin: begin + dataOffset, dtype, shape, bigEndian: !littleEndian, fortranOrder };
}
