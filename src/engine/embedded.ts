// The kernels as they are embedded: scripts/embed-wasm.mjs writes them as text, and says why in this form.

/** What the script writes. */
export interface Embedded {
  readonly byteLength: number;
  readonly calls: string;
  readonly commonest: string;
  readonly instructions: string;
  readonly locals: string;
  readonly names: string;
}

// A symbol below 256 is a byte. The next 256 are vector instructions. Then:
const VECTOR = 256;
/** Three instructions, 0x20 to 0x22, for the next local. */
const LOCAL = 512;
/** A call of the next function. */
const CALL = 515;
/** From here on float32 and float64 change places in vector arithmetic, or no longer. */
const FLIP = 516;
/** The end of a function, if one has begun, and the beginning of the next; functions come without their lengths. */
const END = 517;
/** The next name of an export, with a suffix; those without one are the last, the other way round. */
const NAME_F32 = 518;
const NAME_F64 = 519;

/** The bytes of compiled kernels. */
export function decodeBinary(embedded: Embedded): Uint8Array<ArrayBuffer> {
  const { byteLength, calls, commonest, instructions, locals, names } = embedded;
  const singles = symbolsOf(commonest, new Uint16Array(0));
  const symbols = symbolsOf(instructions, singles);
  const local = symbolsOf(locals, singles);
  const call = symbolsOf(calls, singles);
  const words = names.split(" ");
  const wasm = new Uint8Array(byteLength);
  let flipped = false;
  let [at, begin, nextLocal, nextCall, word, twin] = [0, 0, 0, 0, 0, 0];
  // Over the index: an iterator takes twice as long in code that has just been loaded. What a local or a function is
  // numbered has more bytes for as long as their highest bits are set.
  for (let next = 0; next < symbols.length; next++) {
    const symbol = symbols[next];
    if (symbol < VECTOR) wasm[at++] = symbol;
    else if (symbol < LOCAL) {
      const number = symbol - VECTOR;
      wasm[at++] = 0xfd;
      wasm[at++] = flipped ? twinOf(number) : number;
      if (number >= 0x80) wasm[at++] = 1;
    } else if (symbol < CALL) {
      wasm[at++] = symbol - LOCAL + 0x20;
      while ((wasm[at++] = local[nextLocal++]) >= 0x80);
    } else if (symbol === CALL) {
      wasm[at++] = 0x10;
      while ((wasm[at++] = call[nextCall++]) >= 0x80);
    } else if (symbol === FLIP) flipped = !flipped;
    else if (symbol === END) {
      if (begin > 0) {
        wasm[at++] = 0x0b;
        at += insertLength(wasm, begin, at);
      }
      begin = at;
    } else {
      const name =
        symbol === NAME_F32 ? words[word++] + "_f32" : symbol === NAME_F64 ? words[twin++] + "_f64" : words.pop()!;
      wasm[at++] = name.length;
      for (const character of name) wasm[at++] = character.charCodeAt(0);
    }
  }
  return wasm;
}

/** Inserts the length of what lies between two places before it, seven bits a byte; returns how many bytes that are. */
function insertLength(wasm: Uint8Array, begin: number, end: number): number {
  const length = end - begin;
  const bytes = length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
  wasm.copyWithin(begin + bytes.length, begin, end);
  wasm.set(bytes, begin);
  return bytes.length;
}

/** The same arithmetic in the other type, for the numbers of vector arithmetic. */
function twinOf(number: number): number {
  if (number < 0xe0 || number >= 0xf8) return number;
  return number < 0xec ? number + 12 : number - 12;
}

/** The symbols of a text: a digit for each of `singles`, two for the others. */
function symbolsOf(text: string, singles: Uint16Array): Uint16Array {
  const symbols = new Uint16Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const first = digitOf(text.charCodeAt(at));
    const single = first < singles.length;
    symbols[length++] = single ? singles[first] : (first - singles.length) * 93 + digitOf(text.charCodeAt(++at));
  }
  return symbols.subarray(0, length);
}

/** Digits are the 93 characters of printable ASCII without the quote (34) and the backslash (92). */
function digitOf(code: number): number {
  return code - (code < 34 ? 32 : code < 92 ? 33 : 34);
}
