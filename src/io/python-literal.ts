import { type Fail, printable, Scanner } from "./scanner.js";

/** A value of a .npy header, and where in the file it begins. */
export type Literal = { readonly at: number } & (
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "tuple" | "list"; readonly items: readonly Literal[] }
);

/** Structured dtypes nest a few levels; deeper than this is an attempt on the call stack. */
const deepest = 16;

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

class Reader extends Scanner {
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
    const at = this.position;
    const { begin, end } = this.quoted(delimiter);
    return { at, kind: "string", value: printable(this.bytes.subarray(begin, end)) };
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
    const value = this.digits("must have a string, True, False, an integer, a tuple or a list");
    if (this.current() === "L") this.position++;
    return { at, kind: "integer", value: negative ? 0 - value : value };
  }
}
