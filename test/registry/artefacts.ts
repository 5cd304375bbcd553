// Which operations each of the things held to the registry knows of. Where dtypes and layouts matter, an operation is
// spelt with both: "groupNorm float16 channels-last".

import { readdirSync, readFileSync } from "node:fs";
import * as onnx from "../../src/adapters/onnx/index.js";
import * as webnn from "../../src/adapters/webnn/index.js";
import * as lanenorm from "../../src/index.js";
import { placements } from "../accuracy/placements.js";

/** The dtype and layout of an operation, as far as these are said. */
interface Variant {
  readonly op: string;
  readonly dtype: string;
  readonly layout?: string | null;
}

/** Ops without channels have no layout. */
export function spell({ op, dtype, layout }: Variant): string {
  return [op, dtype, layout].filter(Boolean).join(" ");
}

function fileOf(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}

function textOf(path: string): string {
  return readFileSync(fileOf(path), "utf8");
}

/** The functions that are exported, without classes. */
export function exportedFunctions(): string[] {
  return Object.entries(lanenorm)
    .filter(([, value]) => typeof value === "function" && !isClass(value))
    .map(([name]) => name);
}

function isClass(value: unknown): boolean {
  return String(value).startsWith("class ");
}

/** The functions of the adapters, which have other people's names. */
export function adapterFunctions(): string[] {
  return [...Object.keys(onnx), ...Object.keys(webnn)];
}

/** The methods of engines. */
export function engineMethods(): string[] {
  const prototype = Object.getPrototypeOf(lanenorm.createEngineSync({ backend: "js" })) as object;
  return Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name, { value }]) => typeof value === "function" && name !== "constructor")
    .map(([name]) => name);
}

/** Functions of the README's API table, with what is written between their parentheses. */
export function documentedFunctions(): Map<string, string> {
  const [, section] = /^## API$([^]*?)^#/m.exec(textOf("README.md"))!;
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  const calls = rows.flatMap((row) => [...row.split("|")[1].matchAll(/`(\w+)\((.*?)\)`/g)]);
  return new Map(calls.map(([, name, args]) => [name, args]));
}

/** The variants with goldens. */
export function goldenVariants(): string[] {
  const { cases } = JSON.parse(textOf("test/goldens/goldens.json")) as {
    cases: { op: string; input: [dtype: string]; options: { layout?: string } }[];
  };
  return cases.map(({ op, input: [dtype], options: { layout } }) => spell({ op, dtype, layout }));
}

/** The methods that the accuracy suites call. */
export function measuredMethods(): string[] {
  const files = readdirSync(fileOf("test/accuracy")).map((name) => `test/accuracy/${name}`);
  return files.flatMap((path) => [...textOf(path).matchAll(/\bengine\.(\w+)\(/g)]).map(([, name]) => name);
}

/** The dtypes that have a suite of normalisations. */
export function measuredDTypes(): string[] {
  const calls = readdirSync(fileOf("test/accuracy")).map((name) => {
    return /^suiteOfNormalizations\("(\w+)"\);$/m.exec(textOf(`test/accuracy/${name}`));
  });
  return calls.flatMap((call) => (call ? [call[1]] : []));
}

/** The operations and layouts that suites of normalisations place groups for. */
export function measuredPlacements(): string[] {
  return placements.map(({ operation, layout }) => [operation, layout].filter(Boolean).join(" "));
}

/**
 * The variants with hashes of their results on a backend. Names of hashes begin with the operation, and say dtype and
 * layout unless these are the usual ones: "groupNorm, n = 768".
 */
export function hashedVariants(backend: "wasm" | "js"): string[] {
  type Tables = Record<"wasm" | "js", Record<string, unknown>>;
  const hashes = JSON.parse(textOf("test/determinism/hashes.json")) as Tables & { family: Tables };
  return Object.keys({ ...hashes[backend], ...hashes.family[backend] }).map((name) => {
    const [dtype] = /\b(float64|float16|bfloat16)\b/.exec(name) ?? ["float32"];
    const [layout] = /\bchannels-last\b/.exec(name) ?? [];
    return spell({ op: /^\w+/.exec(name)![0], dtype, layout });
  });
}

/** The variants that are benchmarked. */
export async function benchmarkedVariants(): Promise<string[]> {
  const { shapes } = (await import(fileOf("bench/shapes.mjs").href)) as { shapes: readonly Variant[] };
  return shapes.map(spell);
}
