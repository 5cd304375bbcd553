/** Elements that are only moved about, never looked at: words of two bytes or four. */
export type Words = Uint16Array | Uint32Array;

/** Room for elements of as many bytes. */
export function wordsOf(bytes: 2 | 4 | 8, length: number): Words {
  return bytes === 2 ? new Uint16Array(length) : new Uint32Array((length * bytes) / 4);
}

export function bytesOf({ buffer, byteOffset, byteLength }: Words): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Columns that are written side by side: their lines stay in the first cache. */
const BAND = 32;

/** out[column][row] = x[row][column], of elements of one word or two. */
export function transpose(out: Words, x: Words, rows: number, columns: number, words: 1 | 2): void {
  for (let first = 0; first < columns; first += BAND) {
    const end = Math.min(columns, first + BAND);
    for (let row = 0; row < rows; row++) {
      for (let column = first; column < end; column++) {
        const [to, from] = [words * (column * rows + row), words * (row * columns + column)];
        out[to] = x[from]!;
        if (words === 2) out[to + 1] = x[from + 1]!;
      }
    }
  }
}
