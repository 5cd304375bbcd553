const QUIET_NAN = 0x7fc0_0000;

/** The bits of float32 numbers, with one NaN for all: its payload is the only freedom WebAssembly leaves to engines. */
export function bitsOf(values: Float32Array): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(values.slice().buffer);
  for (let index = 0; index < bits.length; index++) {
    if ((bits[index] & 0x7fff_ffff) > 0x7f80_0000) bits[index] = QUIET_NAN;
  }
  return bits;
}

/** Results by name, as bits. */
export type Bits = Readonly<Record<string, Uint32Array<ArrayBuffer>>>;

/** The first bit that differs, in words; undefined if none does. */
export function difference(actual: Bits, expected: Bits): string | undefined {
  const names = Object.keys(expected);
  if (Object.keys(actual).join() !== names.join()) return `results ${Object.keys(actual)}, expected ${names}`;
  for (const name of names) {
    const index = firstDifference(actual[name], expected[name]);
    if (index >= 0) return `${name}[${index}] is ${hex(actual[name][index])}, expected ${hex(expected[name][index])}`;
  }
  return undefined;
}

function firstDifference(a: Uint32Array, b: Uint32Array): number {
  const length = Math.max(a.length, b.length);
  for (let index = 0; index < length; index++) if (a[index] !== b[index]) return index;
  return -1;
}

function hex(bits: number | undefined): string {
  return bits === undefined ? "missing" : `0x${bits.toString(16)}`;
}
