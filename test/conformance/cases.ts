// Published test cases of other projects. They are read where they lie, beside the checkout, and are never copied into it.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { it } from "vitest";
import type { TensorLike } from "../../src/index.js";
import { toData } from "../support/dtypes.js";

/** Where the cases lie: ../shared/conformance from the repository's root, or what the environment says. */
const folder =
  process.env.LANENORM_CONFORMANCE ?? fileURLToPath(new URL("../../../shared/conformance", import.meta.url));

/** A tensor of a case; cases that only validate have no data. */
export interface CaseTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data?: readonly (number | string)[];
}

/** How far results may be from what is expected. */
export type Tolerance = { readonly rtol: number; readonly atol: number } | { readonly metric: string; value: number };

export interface Case {
  readonly name: string;
  readonly op: string;
  readonly opset?: number | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly inputs: readonly (CaseTensor | null)[];
  readonly outputs: readonly CaseTensor[];
  readonly tolerance: Tolerance;
  /** Given if the call must throw. */
  readonly error?: unknown;
  /** Applied to the result. */
  readonly activation?: "relu";
}

/** Runs `suite` with the cases of a project's folder, or says why not. */
export function withCases(project: string, suite: (cases: readonly Case[]) => void): void {
  if (!existsSync(folder)) {
    it.skip(`cases of ${project}: there is no folder ${folder}; LANENORM_CONFORMANCE can name another`);
    return;
  }
  suite(
    readdirSync(`${folder}/${project}`)
      .sort()
      .flatMap((file) => casesOf(`${folder}/${project}/${file}`)),
  );
}

function casesOf(path: string): readonly Case[] {
  return (JSON.parse(readFileSync(path, "utf8")) as { cases: readonly Case[] }).cases;
}

const integers: Readonly<Record<string, new (length: number) => ArrayBufferView>> = {
  int32: Int32Array,
  uint32: Uint32Array,
};

/** A tensor for a call; zeros where there is no data. */
export function tensorOf({ dtype, shape, data }: CaseTensor): TensorLike {
  const size = shape.reduce((product, extent) => product * extent, 1);
  // Integers are what some calls must refuse.
  if (dtype in integers) return { data: new integers[dtype](size), shape } as unknown as TensorLike;
  const numbers = data ? Float64Array.from(data, Number) : new Float64Array(size);
  return { data: toData(dtype as "float32", numbers), shape, dtype: dtype as "float32" };
}
