import { openNpz } from "../../io/npz.js";
import { chooseKey } from "./choose_key.js";
import { FileBlob } from "./file_blob.js";
import type { InputFile } from "./input.js";
import type { Location } from "./location.js";
import { locateInNpy } from "./npy.js";
import { spoolOf } from "./spool.js";

/** Arrays that are stored as they are stay where they are; those that are compressed go to a spool. */
export async function locateInNpz(file: InputFile, wanted: string | undefined): Promise<Location> {
  const archive = await openNpz(new FileBlob(file), { name: file.name });
  const key = chooseKey(file, archive.keys, wanted);
  const name = `${file.name}:${key}`;
  const place = await archive.place(key);
  if (place) return locateInNpy({ ...file, name }, place.offset, place.size);
  const { fd, size } = await spoolOf(file.command, archive.stream(key));
  return locateInNpy({ ...file, fd, name }, 0, size);
}
