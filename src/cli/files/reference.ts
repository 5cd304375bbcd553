/** A tensor in a file: `x.npy`, or `model.safetensors:key` and `arrays.npz:key` where a file holds several. */
export interface Reference {
  readonly path: string;
  readonly key?: string;
}

/** Keys may have colons and dots in them: the file's name ends at the first `.safetensors:` or `.npz:`. */
export function parseReference(text: string): Reference {
  const parts = /^(.*?\.(?:safetensors|npz)):(.+)$/is.exec(text);
  return parts ? { path: parts[1]!, key: parts[2]! } : { path: text };
}
