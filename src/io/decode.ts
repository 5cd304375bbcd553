import { type DType, formatOfDType } from "../dtype.js";
import { sizeOf } from "../shape.js";
import { Tensor } from "../tensor.js";

/** How elements lie in a file. */
export interface Layout {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
}

/**
 * The tensor whose bytes, all of them, these are: a view of them where alignment, byte order and the order of the axes
 * allow, or where they are a copy that is ours to change. Like the kernels, this counts on a little-endian machine.
 */
export function decode(bytes: Uint8Array, layout: Layout, ours: boolean): Tensor {
  const { dtype, shape, littleEndian, fortranOrder } = layout;
  const format = formatOfDType("decode", dtype);
  const aligned = bytes.byteOffset % format.bytes === 0;
  const stays = aligned && (littleEndian || ours);
  let dense = stays ? bytes : bytes.slice();
  if (!littleEndian) swapBytes(dense, format.bytes);
  if (fortranOrder) dense = rowMajor(dense, shape, format.bytes);
  const data = new format.Array!(dense.buffer, dense.byteOffset, sizeOf(shape));
  return Tensor.host(data, shape, format);
}

/** Reverses the bytes of every element. */
function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size)
    for (let low = start, high = start + size - 1; low < high; low++, high--) {
      const byte = bytes[low]!;
      bytes[low] = bytes[high]!;
      bytes[high] = byte;
    }
}

/** Elements on a side of the squares that are transposed at once: what a square reads and writes stays in the cache. */
const side = 32;

type Words = Uint16Array | Uint32Array;

/**
 * A copy of column-major elements in row-major order. The first axis is contiguous before, the last one after: for every
 * index of the axes between, those two are transposed.
 */
function rowMajor(bytes: Uint8Array, shape: readonly number[], size: number): Uint8Array {
  // As integers: some engines change the bits of a NaN that is read and written as a number.
  const words = wordsOf(bytes, size);
  const result = wordsOf(new Uint8Array(bytes.length), size);
  const sizes = shape.filter((extent) => extent > 1);
  const between = sizes.slice(1, -1);
  const planes = sizeOf(between);
  const plane = { rows: sizes[0]!, columns: sizes[sizes.length - 1]!, planes, words: size / words.BYTES_PER_ELEMENT };
  for (let index = 0; index < planes; index++) transpose(result, index, words, reversed(index, between), plane);
  return new Uint8Array(result.buffer);
}

function wordsOf({ buffer, byteOffset, length }: Uint8Array, size: number): Words {
  return size === 2 ? new Uint16Array(buffer, byteOffset, length / 2) : new Uint32Array(buffer, byteOffset, length / 4);
}

interface Plane {
  readonly rows: number;
  readonly columns: number;
  /** How many there are. */
  readonly planes: number;
  /** Words of an element. */
  readonly words: number;
}

/** Plane `index` of the result from plane `fromIndex` of column-major elements. */
function transpose(result: Words, index: number, from: Words, fromIndex: number, plane: Plane): void {
  const { rows, columns } = plane;
  for (let row = 0; row < rows; row += side)
    for (let column = 0; column < columns; column += side) {
      const [rowEnd, columnEnd] = [Math.min(row + side, rows), Math.min(column + side, columns)];
      for (let r = row; r < rowEnd; r++)
        for (let c = column; c < columnEnd; c++) {
          const target = (c + columns * (index + plane.planes * r)) * plane.words;
          const source = (r + rows * (fromIndex + plane.planes * c)) * plane.words;
          for (let word = 0; word < plane.words; word++) result[target + word] = from[source + word]!;
        }
    }
}

/** Where what is number `index` in row-major order comes in column-major order. */
function reversed(index: number, shape: readonly number[]): number {
  let rest = index;
  let position = 0;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis]!;
    position += (rest % extent) * sizeOf(shape.slice(0, axis));
    rest = Math.floor(rest / extent);
  }
  return position;
}
