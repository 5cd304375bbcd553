import { mostDimensions } from "./limits.js";
import { type Fail, quoteText, Scanner } from "./scanner.js";

/** A tensor as a .safetensors header describes it, and where in the file each part of that is written. */
export interface Description {
  readonly at: number;
  readonly dtype: string;
  readonly dtypeAt: number;
  readonly shape: readonly number[];
  readonly shapeAt: number;
  readonly offsets: readonly number[];
  readonly offsetsAt: number;
}

/** The one key that is no tensor. */
export const metadataKey = "__metadata__";

/**
 * Parses bytes `start` to `end` as the header of a .safetensors file, and nothing more general:
 *
 *     header   = "{" [ member { "," member } ] "}"
 *     member   = '"__metadata__"' ":" "{" [ string ":" string { "," string ":" string } ] "}" | string ":" tensor
 *     tensor   = "{" '"dtype"' ":" string "," '"shape"' ":" integers "," '"data_offsets"' ":" integers "}"
 *     integers = "[" [ digits { "," digits } ] "]"
 *
 * with the members of a tensor in any order. JSON.parse would do, but it drops all but the last of two members with one
 * name, which is how a file can show one reader another tensor than the next; and it builds whatever it is given.
 */
export function parseSafetensorsJson(
  bytes: Uint8Array,
  start: number,
  end: number,
  fail: Fail,
): { metadata: Map<string, string>; tensors: Map<string, Description> } {
  return new Reader(bytes, start, end, fail).header();
}

class Reader extends Scanner {
  header(): { metadata: Map<string, string>; tensors: Map<string, Description> } {
    const metadata = new Map<string, string>();
    const tensors = new Map<string, Description>();
    this.object((key) => {
      if (key === metadataKey) this.object((name) => void metadata.set(name, this.string()));
      else tensors.set(key, this.tensor());
    });
    if (this.peek() !== "") this.refuse("must hold only white space after the header's object");
    return { metadata, tensors };
  }

  /** Calls `member` for every name, at its value, which it must step over. */
  private object(member: (name: string, at: number) => void): void {
    const names = new Set<string>();
    this.take("{");
    if (this.accept("}")) return;
    do {
      const at = this.next();
      const name = this.string();
      if (names.has(name)) this.fail(at, "must name each key once", `${quoteText(name)} again`);
      names.add(name);
      this.take(":");
      member(name, at);
    } while (this.accept(","));
    this.take("}");
  }

  private tensor(): Description {
    const at = this.next();
    const found: { -readonly [Part in keyof Description]?: Description[Part] } = { at };
    this.object((name, nameAt) => {
      const valueAt = this.next();
      if (name === "dtype") [found.dtype, found.dtypeAt] = [this.string(), valueAt];
      else if (name === "shape") [found.shape, found.shapeAt] = [this.integers(mostDimensions), valueAt];
      else if (name === "data_offsets") [found.offsets, found.offsetsAt] = [this.integers(2), valueAt];
      else this.fail(nameAt, "must describe a tensor by dtype, shape and data_offsets", quoteText(name));
    });
    if (found.dtype === undefined || found.shape === undefined || found.offsets === undefined)
      this.fail(at, "must describe a tensor by dtype, shape and data_offsets", "fewer");
    return found as Description;
  }

  private integers(most: number): number[] {
    const at = this.next();
    const values: number[] = [];
    this.take("[");
    if (this.accept("]")) return values;
    do {
      if (values.length === most) this.fail(at, `must have at most ${most} integers in a list`, "more");
      const valueAt = this.next();
      const value = this.digits("must have an integer from 0 up");
      if (!Number.isSafeInteger(value)) this.fail(valueAt, "must have integers of 0 to 2^53 - 1", String(value));
      values.push(value);
    } while (this.accept(","));
    this.take("]");
    return values;
  }

  /** A string is cut out here and left to JSON.parse, which knows its escapes. */
  private string(): string {
    if (this.peek() !== '"') this.refuse("must have a string");
    const at = this.position;
    const { begin, end } = this.quoted('"');
    const value = parseString(this.bytes.subarray(begin - 1, end + 1));
    if (value === undefined) this.fail(at, "must have strings of valid JSON in UTF-8", "another");
    return value;
  }

  /** Where the next character is that is not white space. */
  private next(): number {
    this.peek();
    return this.position;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The value of a quoted string; undefined if it is not UTF-8, not JSON, or has half a surrogate pair. */
function parseString(quoted: Uint8Array): string | undefined {
  try {
    const value = JSON.parse(decoder.decode(quoted)) as string;
    return /\p{Surrogate}/u.test(value) ? undefined : value;
  } catch {
    return undefined;
  }
}
