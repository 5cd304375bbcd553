/** A value of a .npy header, and where in the file it begins. */
export type Literal = { readonly at: number } & (
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "tuple" | "list"; readonly items: readonly Literal[] }
);

/** Reports that at byte `at` something else was `expected`; throws. */
export type Fail = (at: number, expected: string, got: string) => never;

/** Structured dtypes nest a few levels; deeper than this is an attempt on the call stack. */
const deepest = 16;

/** Bytes as they may appear in a message: printable ASCII as it is, all else escaped, so that a file cannot write to a terminal. */
export function quote(bytes: Uint8Array): string {
  const shown = bytes.length > 40 ? bytes.subarray(0, 40) : bytes;
  return `"${printable(shown)}"${bytes.length > 40 ? "..." : ""}`;
}

function printable(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes)
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  return text;
}

/**
 * Parses bytes `start` to `end` as one Python dict of the kind NumPy writes into headers:
 *
 *     dict    = "{" [ string ":" value { "," string ":" value } [ "," ] ] "}"
 *     value   = string | "True" | "False" | integer | tuple | list
 *     integer = [ "-" ] digits [ "L" ]          (Python 2 wrote the L of its long integers)
 *
 * with white space anywhere between. Strings keep their escapes unread: no key or dtype we accept has any.
 */
export function parseDictionary(bytes: Uint8Array, start: number, end: number, fail: Fail): Map<string, Literal> {
  const reader = new Reader(bytes, start, end, fail);
  const entries = reader.dictionary();
  reader.finish();
  return entries;
}

class Reader {
  private readonly bytes: Uint8Array;
  private position: number;
  private readonly end: number;
  private readonly fail: Fail;

  constructor(bytes: Uint8Array, start: number, end: number, fail: Fail) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.fail = fail;
  }

  dictionary(): Map<string, Literal> {
    const entries = new Map<string, Literal>();
    this.take("{");
    while (this.peek() !== "}") {
      const key = this.string();
      if (entries.has(key.value)) this.fail(key.at, "must name each key once", `"${key.value}" again`);
      this.take(":");
      entries.set(key.value, this.value(0));
      if (this.peek() !== "}") this.take(",");
    }
    this.take("}");
    return entries;
  }

  finish(): void {
    if (this.peek() !== "") this.refuse("must hold only white space after the header's dict");
  }

  private value(depth: number): Literal {
    const next = this.peek();
    if (next === "'" || next === '"') return this.string();
    if (next === "(") return this.tuple(depth);
    if (next === "[") return { at: this.position, kind: "list", items: this.sequence("[", "]", depth).items };
    if (next === "T") return this.word("True", true);
    if (next === "F") return this.word("False", false);
    return this.integer();
  }

  /** `()`, `(3,)`, `(2, 3)`; in Python `(3)` is a number in brackets, not a tuple. */
  private tuple(depth: number): Literal {
    const at = this.position;
    const { items, trailingComma } = this.sequence("(", ")", depth);
    if (items.length === 1 && !trailingComma) this.fail(at, 'must have a "," in a tuple of one', "none");
    return { at, kind: "tuple", items };
  }

  private sequence(open: string, close: string, depth: number): { items: Literal[]; trailingComma: boolean } {
    if (depth === deepest) this.fail(this.position, `must nest at most ${deepest} deep`, "more");
    const items: Literal[] = [];
    let trailingComma = false;
    this.take(open);
    while (this.peek() !== close) {
      items.push(this.value(depth + 1));
      trailingComma = this.accept(",");
      if (!trailingComma) break;
    }
    this.take(close);
    return { items, trailingComma };
  }

  private string(): Literal & { kind: "string" } {
    const delimiter = this.peek();
    if (delimiter !== "'" && delimiter !== '"') this.refuse("must have a quoted string");
    const at = this.position++;
    while (this.current() !== delimiter) {
      if (this.current() === "\\") this.position++;
      if (this.position >= this.end) this.fail(at, "must have a string that ends", "an open quote");
      this.position++;
    }
    const value = printable(this.bytes.subarray(at + 1, this.position));
    this.position++;
    return { at, kind: "string", value };
  }

  private word(spelling: string, value: boolean): Literal {
    const at = this.position;
    for (const letter of spelling) {
      if (this.current() !== letter) this.refuse("must have True or False");
      this.position++;
    }
    return { at, kind: "boolean", value };
  }

  private integer(): Literal {
    const at = this.position;
    const negative = this.accept("-");
    const first = this.position;
    let value = 0;
    for (; isDigit(this.current()); this.position++) value = value * 10 + Number(this.current());
    if (this.position === first) this.refuse("must have a string, True, False, an integer, a tuple or a list");
    if (this.position > first + 1 && this.bytes[first] === 0x30)
      this.fail(first, "must have an integer without leading zeros", quote(this.bytes.subarray(first, this.position)));
    if (this.current() === "L") this.position++;
    return { at, kind: "integer", value: negative ? 0 - value : value };
  }

  /** The character here; the empty string at the end of the header. */
  private current(): string {
    return this.position < this.end ? String.fromCharCode(this.bytes[this.position]!) : "";
  }

  /** The next character that is not white space. */
  private peek(): string {
    while (isSpace(this.current())) this.position++;
    return this.current();
  }

  private accept(character: string): boolean {
    if (this.peek() !== character) return false;
    this.position++;
    return true;
  }

  private take(character: string): void {
    if (!this.accept(character)) this.refuse(`must have "${character}"`);
  }

  private refuse(expected: string): never {
    const atEnd = this.position >= this.end;
    const got = atEnd ? "the end of the header" : quote(this.bytes.subarray(this.position, this.position + 1));
    return this.fail(this.position, expected, got);
  }
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9" && character !== "";
}

function isSpace(character: string): boolean {
  return character === " " || character === "\n" || character === "\t" || character === "\r";
}
