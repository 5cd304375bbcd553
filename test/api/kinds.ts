// The kinds of data there are: dtypes, and of float16 two classes of array.

import type { DType, TypedArray } from "../../src/index.js";
import { fromData, toData } from "../support/dtypes.js";

export interface Kind {
  readonly name: string;
  readonly dtype: DType;
  readonly arrayName: string;
  /** The dtype of statistics. */
  readonly computing: "float32" | "float64";
  /** Numbers, rounded. */
  readonly encode: (numbers: ArrayLike<number>) => TypedArray;
  /** What data of this kind says, exactly. */
  readonly decode: (data: ArrayLike<number>) => Float64Array;
}

interface Float16ArrayClass {
  from(numbers: ArrayLike<number>): TypedArray;
}

const nativeFloat16 = (globalThis as { Float16Array?: Float16ArrayClass }).Float16Array;

function kindOf(dtype: DType, arrayName: string): Kind {
  const native = arrayName === "Float16Array";
  return {
    name: native ? arrayName : dtype,
    dtype,
    arrayName,
    computing: dtype === "float64" ? "float64" : "float32",
    encode: (numbers) => (native ? nativeFloat16!.from(numbers) : toData(dtype, numbers)),
    decode: (data) => (native ? Float64Array.from(data) : fromData(dtype, data)),
  };
}

export const float32 = kindOf("float32", "Float32Array");
export const float64 = kindOf("float64", "Float64Array");
export const float16 = kindOf("float16", "Uint16Array");
export const bfloat16 = kindOf("bfloat16", "Uint16Array");

/** Those that this engine has. */
export const kinds: readonly Kind[] = [
  float32,
  float64,
  float16,
  bfloat16,
  ...(nativeFloat16 ? [kindOf("float16", "Float16Array")] : []),
];

/** Those that parameters of an x may have. */
export function parameterKinds(x: Kind): readonly Kind[] {
  return kinds.filter((kind) => kind.dtype === x.dtype || (x.computing === "float32" && kind === float32));
}

/** That of statistics of an x. */
export function computingKind({ computing }: Kind): Kind {
  return computing === "float64" ? float64 : float32;
}
