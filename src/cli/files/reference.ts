/** A tensor in a file: `x.npy`, or `model.safetensors:key` and `arrays.npz:key` where a file holds several. */
export interface Reference {
  readonly path: string;
  readonly key?: string;
}

/** Standard input or output with a key; parseCommandLine puts "./" before arguments that begin with a dash. */
const STANDARD_STREAM = /^(?:\.\/)?-:(.+)$/s;

/** Keys may have colons and dots in them: the file's name ends at the first `.safetensors:` or `.npz:`. */
export function parseReference(text: string): Reference {
  const stream = STANDARD_STREAM.exec(text);
  if (stream) return { path: "-", key: stream[1]! };
  const parts = /^(.*?\.(?:safetensors|npz)):(.+)$/is.exec(text);
  return parts ? { path: parts[1]!, key: parts[2]! } : { path: text };
}
