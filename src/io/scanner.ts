import { FormatError } from "../errors.js";

/** Reports that at byte `at` of a file something else was `expected`; throws FormatError. */
export type Fail = (at: number, expected: string, got: string) => never;

/** The `Fail` of one file. `name` is what messages call it. */
export function failIn(functionName: string, name: string): Fail {
  return (at, expected, got) => {
    throw new FormatError(functionName, name, `${expected} at byte ${at}`, got);
  };
}

const shownLength = 40;

/** Bytes as they may appear in a message: printable ASCII as it is, all else escaped, so that a file cannot write to a terminal. */
export function quote(bytes: Uint8Array): string {
  const shown = bytes.length > shownLength ? bytes.subarray(0, shownLength) : bytes;
  return `"${printable(shown)}"${bytes.length > shownLength ? "..." : ""}`;
}

/** Text from a file as it may appear in a message. */
export function quoteText(text: string): string {
  return quote(new TextEncoder().encode(text.slice(0, shownLength + 1)));
}

/** Bytes as printable ASCII. */
export function printable(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes)
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  return text;
}

/** Walks over bytes `position` to `end` of a file: a header in a grammar whose tokens are ASCII. */
export class Scanner {
  protected readonly bytes: Uint8Array;
  protected position: number;
  protected readonly end: number;
  protected readonly fail: Fail;

  constructor(bytes: Uint8Array, start: number, end: number, fail: Fail) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.fail = fail;
  }

  /** The character here; the empty string at the end of the header. */
  protected current(): string {
    return this.position < this.end ? String.fromCharCode(this.bytes[this.position]!) : "";
  }

  /** The next character that is not white space. */
  protected peek(): string {
    while (isSpace(this.current())) this.position++;
    return this.current();
  }

  protected accept(character: string): boolean {
    if (this.peek() !== character) return false;
    this.position++;
    return true;
  }

  protected take(character: string): void {
    if (!this.accept(character)) this.refuse(`must have "${character}"`);
  }

  /** Steps over a quoted string, of which `delimiter` is the next character. Returns where its contents begin and end. */
  protected quoted(delimiter: string): { begin: number; end: number } {
    const at = this.position++;
    while (this.current() !== delimiter) {
      if (this.current() === "\\") this.position++;
      if (this.position >= this.end) this.fail(at, "must have a string that ends", "an open quote");
      this.position++;
    }
    return { begin: at + 1, end: this.position++ };
  }

  /** Steps over digits and returns their value: Infinity, or rounded, where a double cannot hold it. */
  protected digits(expected: string): number {
    const first = this.position;
    let value = 0;
    for (; isDigit(this.current()); this.position++) value = value * 10 + Number(this.current());
    if (this.position === first) this.refuse(expected);
    if (this.position - first > 1 && this.bytes[first] === zero)
      this.fail(first, "must have integers without leading zeros", quote(this.bytes.subarray(first, this.position)));
    return value;
  }

  protected refuse(expected: string): never {
    const atEnd = this.position >= this.end;
    const got = atEnd ? "the end of the header" : quote(this.bytes.subarray(this.position, this.position + 1));
    return this.fail(this.position, expected, got);
  }
}

const zero = 0x30;

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9" && character !== "";
}

function isSpace(character: string): boolean {
  return character === " " || character === "\n" || character === "\t" || character === "\r";
}
