import fc from "fast-check";
import { joined } from "./support.js";

type Bytes = Uint8Array<ArrayBuffer>;

/** One way to damage a file. */
type Mutation = (bytes: Bytes) => Bytes;

/** What length fields of the wrong kind hold: edges of integers of every width. */
const edges = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0xffffn,
  0x7fffffffn,
  0xffffffffn,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** Places in a file: mostly where its headers are, at either end. */
const places = fc.oneof(
  { weight: 4, arbitrary: fc.nat(160).map((at) => () => at) },
  { weight: 2, arbitrary: fc.nat(400).map((at) => (length: number) => length - at) },
  { weight: 2, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }).map((at) => (length: number) => at * length) },
);

type Place = (length: number) => number;

const within = (place: Place, length: number) => Math.min(Math.max(Math.floor(place(length)), 0), length);

function cut(bytes: Bytes, place: Place, length: number): Bytes {
  const at = within(place, bytes.length);
  return joined(bytes.subarray(0, at), bytes.subarray(at + length));
}

function insert(bytes: Bytes, place: Place, text: Uint8Array): Bytes {
  const at = within(place, bytes.length);
  return joined(bytes.subarray(0, at), text, bytes.subarray(at));
}

function overwrite(bytes: Bytes, place: Place, change: (byte: number, index: number) => number, length = 1): Bytes {
  const changed = bytes.slice();
  const at = within(place, bytes.length);
  for (let i = 0; i < length && at + i < bytes.length; i++) changed[at + i] = change(changed[at + i]!, i);
  return changed;
}

/** Damages of every kind; `fragments` are pieces of text to insert, `donors` files to splice from. */
function mutations(fragments: readonly string[], donors: readonly Uint8Array[]): fc.Arbitrary<Mutation> {
  const bit = fc.tuple(places, fc.nat(7)).map(
    ([at, n]): Mutation =>
      (b) =>
        overwrite(b, at, (byte) => byte ^ (1 << n)),
  );
  const set = fc.tuple(places, fc.nat(255)).map(
    ([at, value]): Mutation =>
      (b) =>
        overwrite(b, at, () => value),
  );
  const length = fc
    .tuple(places, fc.constantFrom(2, 4, 8), fc.constantFrom(...edges), fc.integer({ min: -2, max: 2 }))
    .map(([at, width, edge, more]): Mutation => {
      const value = BigInt.asUintN(64, edge + BigInt(more));
      return (b) => overwrite(b, at, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn), width);
    });
  const shorter = places.map(
    (at): Mutation =>
      (b) =>
        b.slice(0, within(at, b.length)),
  );
  const without = fc.tuple(places, fc.nat(40)).map(
    ([at, n]): Mutation =>
      (b) =>
        cut(b, at, n),
  );
  const text = fc.tuple(places, fc.constantFrom(...fragments)).map(
    ([at, fragment]): Mutation =>
      (b) =>
        insert(b, at, Buffer.from(fragment, "latin1")),
  );
  const splice = fc
    .tuple(places, fc.constantFrom(...donors), places, fc.nat(120))
    .map(([at, donor, from, n]): Mutation => (b) => {
      const start = within(from, donor.length);
      return insert(b, at, donor.subarray(start, start + n));
    });
  return fc.oneof(bit, set, length, shorter, without, text, splice);
}

/** Good files with one to four damages. */
export function damaged(files: readonly Uint8Array[], fragments: readonly string[]): fc.Arbitrary<Bytes> {
  return fc
    .tuple(fc.constantFrom(...files), fc.array(mutations(fragments, files), { minLength: 1, maxLength: 4 }))
    .map(([file, changes]) => changes.reduce((bytes, change) => change(bytes), new Uint8Array(file)));
}
