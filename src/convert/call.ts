import { ArgumentError } from "../errors.js";
import { show } from "./kinds.js";

/** A value in a call: a number, True, False or None, a list or tuple of numbers. */
export type Value = number | boolean | null | number[];

/** `keyword=value`, or a value alone. */
export interface CallArgument {
  readonly keyword: string | null;
  readonly value: Value;
}

/** A Python call as data: `nn.GroupNorm(1, num_channels=6)`. */
export interface Call {
  readonly name: string;
  readonly arguments: readonly CallArgument[];
}

const tokenPattern = /\s*([A-Za-z_][\w.]*|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[()[\],=])/y;
const namePattern = /^[A-Za-z_]/;
const numberPattern = /^[-+.\d]/;
const constants: ReadonlyMap<string, boolean | null> = new Map([
  ["True", true],
  ["False", false],
  ["None", null],
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** Reads a call of the few forms layers are written in. Throws ArgumentError in the name of `functionName`. */
export function readCall(functionName: string, text: string): Call {
  const reader = new CallReader(functionName, text);
  return reader.call();
}

class CallReader {
  readonly #functionName: string;
  readonly #text: string;
  readonly #tokens: readonly string[];
  #position = 0;

  constructor(functionName: string, text: string) {
    this.#functionName = functionName;
    this.#text = text;
    this.#tokens = this.#split();
  }

  call(): Call {
    const name = this.#take("the name of a layer", (token) => namePattern.test(token));
    this.#takeExactly("(");
    const call = { name, arguments: this.#listUntil(")", () => this.#argument()) };
    if (this.#next !== undefined) this.#fail("the end");
    return call;
  }

  get #next(): string | undefined {
    return this.#tokens[this.#position];
  }

  #argument(): CallArgument {
    const isKeyword = this.#tokens[this.#position + 1] === "=";
    if (!isKeyword) return { keyword: null, value: this.#value() };
    const keyword = this.#take("the name of an argument", (token) => namePattern.test(token));
    this.#takeExactly("=");
    return { keyword, value: this.#value() };
  }

  #value(): Value {
    if (this.#skip("[")) return this.#listUntil("]", () => this.#number("a number"));
    if (this.#skip("(")) return this.#listUntil(")", () => this.#number("a number"));
    const constant = constants.get(this.#next ?? "");
    if (constant === undefined) return this.#number("a number, True, False, or a list of numbers");
    this.#position++;
    return constant;
  }

  #number(wanted: string): number {
    return Number(this.#take(wanted, (token) => numberPattern.test(token)));
  }

  /** Items between commas up to the bracket; as in Python, a comma may follow the last. */
  #listUntil<Item>(close: string, item: () => Item): Item[] {
    const items: Item[] = [];
    while (!this.#skip(close)) {
      items.push(item());
      if (this.#next !== close) this.#take(`"," or "${close}"`, (token) => token === ",");
    }
    return items;
  }

  #skip(token: string): boolean {
    const found = this.#next === token;
    if (found) this.#position++;
    return found;
  }

  #takeExactly(token: string): void {
    this.#take(`"${token}"`, (next) => next === token);
  }

  #take(wanted: string, accepts: (token: string) => boolean): string {
    const token = this.#next;
    if (token === undefined || !accepts(token)) this.#fail(wanted);
    this.#position++;
    return token;
  }

  #split(): string[] {
    const pattern = new RegExp(tokenPattern);
    const text = this.#text.trimEnd();
    const tokens: string[] = [];
    while (pattern.lastIndex < text.length) {
      const rest = pattern.lastIndex;
      const match = pattern.exec(text);
      if (match === null) this.#reject(`${show(text.slice(rest).trimStart().slice(0, 10))} is not understood`);
      tokens.push(match[1]);
    }
    return tokens;
  }

  #fail(wanted: string): never {
    const found = this.#next === undefined ? "the end" : show(this.#next);
    this.#reject(`${found} stands where ${wanted} should`);
  }

  #reject(reason: string): never {
    const expected = 'must be a call like "GroupNorm(1, 6)" or "LayerNorm([6, 10, 10])"';
    throw new ArgumentError(this.#functionName, "text", expected, `${show(this.#text)}, where ${reason}`);
  }
}
