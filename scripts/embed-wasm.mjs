// Writes a binary of compiled kernels as text into a TypeScript module, so that the package is plain ES modules: no file to
// locate at run time, and every bundler works. What src/engine/embedded.ts reads gzips a sixth better than the binary. It is
// a sequence of symbols. Most are bytes of the binary; the others:
//
// - A vector instruction, two bytes or three, is one symbol.
// - Instructions for a local, and calls, have symbols of their own, and what they are for is apart: instructions repeat from
//   kernel to kernel where that differs.
// - From one FLIP to the next, float32 and float64 change places in vector arithmetic: the kernels of float64 then look like
//   their twins.
// - The length of a function is left out: END in place of its last byte says where it ends.
// - Names of exports are apart, as words: the backend's code has them too, and twins differ by a suffix.
//
//   node scripts/embed-wasm.mjs lanenorm   build/lanenorm.wasm -> src/engine/lanenorm.generated.ts
import { readFileSync, writeFileSync } from "node:fs";

const [name] = process.argv.slice(2);

// The symbols that are no bytes, as in src/engine/embedded.ts.
const VECTOR = 256;
const LOCAL = 512;
const CALL = 515;
const FLIP = 516;
const END = 517;
const NAME = { _f32: 518, _f64: 519, "": 520 };

/** Printable ASCII but for the quote and the backslash: strings need no escapes. */
const digits = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).filter(
  (character) => character !== '"' && character !== "\\",
);
/** Digits that stand for one of the commonest symbols; each of the others begins a pair, for any symbol. */
const singles = 87;

const wasm = readFileSync(new URL(`../build/${name}.wasm`, import.meta.url));
const [symbols, locals, calls] = [[], [], []];
const names = { _f32: [], _f64: [], "": [] };
let flipped = false;
let at = 0;
readModule();
if (String(names._f32) !== String(names._f64)) throw new Error("the exports of float32 and float64 differ");

const commonest = commonestOf([...symbols, ...locals, ...calls]);
const texts = {
  commonest: commonest.map((symbol) => pair(symbol, 0)).join(""),
  instructions: encode(symbols),
  locals: encode(locals),
  calls: encode(calls),
  names: [...names._f32, ...names[""].reverse()].join(" "),
};
const lines = Object.entries(texts).map(([name, text]) => `export const ${name}: string =\n  "${text}";\n`);
lines.push(`export const byteLength = ${wasm.length};\n`);
writeFileSync(new URL(`../src/engine/${name}.generated.ts`, import.meta.url), lines.join(""));
console.log(`embedded ${wasm.length} bytes of WebAssembly: ${name}`);

function readModule() {
  copy(8);
  while (at < wasm.length) {
    const section = wasm[at];
    copy(1);
    const length = copyNumber();
    if (section === 7) times(copyNumber(), readExport);
    else if (section === 10) readFunctions();
    else copy(length);
  }
}

function readExport() {
  const length = wasm[at];
  const [, word, suffix] = /^(.*?)(_f32|_f64|)$/.exec(wasm.toString("latin1", at + 1, at + 1 + length));
  symbols.push(NAME[suffix]);
  names[suffix].push(word);
  at += 1 + length;
  copy(1);
  copyNumber();
}

function readFunctions() {
  const count = copyNumber();
  // Before the first there is none that ends.
  symbols.push(END);
  times(count, readFunction);
}

function readFunction() {
  const [length, body] = numberAt(at);
  const end = body + length;
  if (isDouble(body, end) !== flipped) {
    symbols.push(FLIP);
    flipped = !flipped;
  }
  if (length >= 1 << 14) throw new Error(`a function of ${length} bytes: lengths have two bytes at most`);
  at = body;
  times(copyNumber(), () => {
    copyNumber();
    copy(1);
  });
  while (at < end - 1) readInstruction();
  symbols.push(END);
  at = end;
}

/** Whether most of a function's vector arithmetic is of float64. */
function isDouble(from, to) {
  let doubles = 0;
  for (let i = from; i < to; i++) {
    if (wasm[i] === 0xfd && isArithmetic(wasm[i + 1])) doubles += wasm[i + 1] < 0xec ? -1 : 1;
  }
  return doubles > 0;
}

function readInstruction() {
  const code = wasm[at];
  if (code === 0xfd) return readVector();
  if (code >= 0x20 && code <= 0x22) {
    symbols.push(LOCAL + code - 0x20);
    at++;
    return moveNumber(locals);
  }
  if (code === 0x10) {
    symbols.push(CALL);
    at++;
    return moveNumber(calls);
  }
  copy(1);
  if (code === 0xfc) {
    // Of those, memory.copy (10) and memory.fill (11) name memories.
    const number = copyNumber();
    copy(number === 10 ? 2 : number === 11 ? 1 : 0);
  } else if (code >= 0x28 && code <= 0x3e) times(2, copyNumber);
  else if (code === 0x0c || code === 0x0d || code === 0x41 || code === 0x42) copyNumber();
  else if (code >= 0x02 && code <= 0x04) copy(1);
  else if (code === 0x43) copy(4);
  else if (code === 0x44) copy(8);
}

function readVector() {
  let number;
  [number, at] = numberAt(at + 1);
  if (number > 255) throw new Error(`no symbol for vector instruction ${number}`);
  symbols.push(VECTOR + (flipped ? twinOf(number) : number));
  const hasLane = number >= 84 && number <= 91;
  if (number <= 11 || hasLane || number === 92 || number === 93) times(2, copyNumber);
  if (hasLane || (number >= 21 && number <= 34)) copy(1);
  if (number === 12 || number === 13) copy(16);
}

/** The same arithmetic in the other type, for the numbers of vector arithmetic: 0xe0 on for float32, 0xec on for float64. */
function twinOf(number) {
  if (!isArithmetic(number)) return number;
  return number < 0xec ? number + 12 : number - 12;
}

function isArithmetic(number) {
  return number >= 0xe0 && number < 0xf8;
}

function times(count, act) {
  for (; count > 0; count--) act();
}

function copy(length) {
  times(length, () => symbols.push(wasm[at++]));
}

function copyNumber() {
  return moveNumber(symbols);
}

/** Takes a number, of seven bits a byte, and gives it to `stream`. */
function moveNumber(stream) {
  const [value, end] = numberAt(at);
  while (at < end) stream.push(wasm[at++]);
  return value;
}

/** The number at `from`, and where it ends. */
function numberAt(from) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    value |= (wasm[from] & 0x7f) << shift;
    if (wasm[from++] < 0x80) return [value, from];
  }
}

function commonestOf(symbols) {
  const counts = new Map();
  for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  const byCount = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a) || a - b);
  return byCount.slice(0, singles).sort((a, b) => a - b);
}

function encode(symbols) {
  const encoded = symbols.map((symbol) => {
    const single = commonest.indexOf(symbol);
    return single < 0 ? pair(symbol, singles) : digits[single];
  });
  return encoded.join("");
}

/** A symbol as two digits, of which the first is `first` at least. */
function pair(symbol, first) {
  return digits[first + Math.floor(symbol / digits.length)] + digits[symbol % digits.length];
}
