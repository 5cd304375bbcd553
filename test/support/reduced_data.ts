import type { Random } from "./random.js";
import { infinityOf, middleAbove, patterns, valueOf, type ReducedFormat } from "./reduced_precision.js";

/** Every number of the format, the middle to the next one, and the float32 neighbours of both. */
export function aroundEveryTie(format: ReducedFormat): Float32Array {
  const infinity = infinityOf(format);
  const finite = [...patterns].filter((bits) => (bits & 0x7fff) < infinity);
  return Float32Array.from(
    finite.flatMap((bits) => [valueOf(format, bits), middleAbove(format, bits)].flatMap(withNeighbours)),
  );
}

/** NaN with every bit of the payload alone, none but the last, and all; of both signs. */
export function everyKindOfNaN(): Float32Array {
  const payloads = [...Array.from({ length: 23 }, (_, place) => 1 << place), 0x7f_ffff, 0x40_0001, 0x3f_ffff, 0x1fff];
  const bits = payloads.flatMap((payload) => [0x7f80_0000 | payload, (0xff80_0000 | payload) >>> 0]);
  return new Float32Array(Uint32Array.from(bits).buffer);
}

/** Any float32, and as many with exponents of float16. */
export function anyFloats(count: number, random: Random): Float32Array {
  const bits = new Uint32Array(2 * count);
  for (let i = 0; i < count; i++) {
    bits[i] = random.uint32();
    bits[count + i] = (random.uint32() & 0x807f_ffff) | ((95 + (random.uint32() % 52)) << 23);
  }
  return new Float32Array(bits.buffer);
}

/** A float32, and those before and after it. */
function withNeighbours(value: number): number[] {
  const float = Float32Array.of(value);
  const bits = new Uint32Array(float.buffer);
  const magnitude = bits[0] & 0x7fff_ffff;
  const sign = bits[0] & 0x8000_0000;
  return [magnitude - 1, magnitude, magnitude + 1]
    .filter((each) => each >= 0)
    .map((each) => {
      bits[0] = sign | each;
      return float[0];
    });
}
