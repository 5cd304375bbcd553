import { describe, expect, it } from "vitest";
import { type Operation, operations } from "../../src/registry.js";
import * as artefacts from "./artefacts.js";

/** Exported beside the operations. */
const engineMakers = ["createEngine", "createEngineSync", "defaultEngine", "setDefaultEngine"];
/** Methods of engines beside the operations. */
const engineMethods = ["tensor", "empty", "view", "scope", "dispose", "axisMoments"];
/** Documented as methods: `engine.tensor(data, shape)`. */
const documentedBeside = engineMakers;
/** PyTorch has nothing like them, and their formula is what they are. */
const withoutGoldens = ["affineGlobal", "affineVectorized"];
/** Statistics over any axes, what Moments are made of, are hashed as well. */
const hashedBeside = ["moments"];

const names = operations.map(({ name }) => name);
const functions = operations.flatMap(({ name, native, backward }) => [name, native, backward].filter(isName));
const variants = operations.flatMap(variantsOf);
const backwardVariants = backwardOf(operations).flatMap(variantsOf);

function isName(name: string | undefined): name is string {
  return name !== undefined;
}

/** The gradients of operations, as operations. */
function backwardOf(operations: readonly Operation[]): Operation[] {
  return operations.flatMap(({ backward, dtypes, layouts }) => (backward ? [{ name: backward, dtypes, layouts }] : []));
}

function variantsOf({ name: op, dtypes, layouts }: Operation): string[] {
  return dtypes.flatMap((dtype) => {
    if (layouts.length === 0) return [artefacts.spell({ op, dtype })];
    return layouts.map((layout) => artefacts.spell({ op, dtype, layout }));
  });
}

function operationOf(variant: string): string {
  return variant.split(" ")[0];
}

/** Fails with the names of what is missing and of what there is too much. */
function expectSame(actual: Iterable<string>, expected: readonly string[]): void {
  const found = new Set(actual);
  const missing = expected.filter((name) => !found.has(name));
  const superfluous = [...found].filter((name) => !expected.includes(name));
  expect({ missing, superfluous }).toEqual({ missing: [], superfluous: [] });
}

/** Where no layout is said, it is channels-first. */
function withLayout(variant: string): string {
  const named = operationOf(variant);
  const operation = operations.find(({ name, backward }) => name === named || backward === named);
  const isSilent = operation && operation.layouts.length > 0 && !variant.includes("channels-");
  return isSilent ? `${variant} channels-first` : variant;
}

describe("the registry matches", () => {
  it("itself: every name once", () => expect(new Set(functions).size).toBe(functions.length));

  it("the exported functions", () => expectSame(artefacts.exportedFunctions(), [...functions, ...engineMakers]));

  it("the methods of engines", () => expectSame(artefacts.engineMethods(), [...functions, ...engineMethods]));

  it("the README's table", () => {
    const documented = artefacts.documentedFunctions();
    expectSame(documented.keys(), [...functions, ...documentedBeside, ...artefacts.adapterFunctions()]);
    const all = [...operations, ...backwardOf(operations)];
    const takeLayout = all.map(({ name }) => name).filter((name) => /\blayout\b/.test(documented.get(name)!));
    expectSame(
      takeLayout,
      all.filter(({ layouts }) => layouts.length > 0).map(({ name }) => name),
    );
  });

  it("the goldens", () => {
    const expected = variants.filter((variant) => !withoutGoldens.includes(operationOf(variant)));
    expectSame(artefacts.goldenVariants().map(withLayout), [...expected, ...backwardVariants]);
  });

  it("the accuracy suites", () => {
    expectSame(
      artefacts.measuredMethods().map((method) => operations.find(({ native }) => native === method)?.name ?? method),
      [...names, ...backwardOf(operations).map(({ name }) => name)],
    );
    expectSame(artefacts.measuredDTypes(), [...new Set(operations.flatMap(({ dtypes }) => dtypes))]);
    const placed = artefacts.measuredPlacements();
    const expected = operations
      .filter(({ name }) => placed.some((placement) => operationOf(placement) === name))
      .flatMap(({ name, layouts }) => (layouts.length ? layouts.map((layout) => `${name} ${layout}`) : [name]));
    expectSame(placed, expected);
  });

  it.each(["wasm", "js"] as const)("the hashes of results on the %s backend", (backend) => {
    const hashed = artefacts.hashedVariants(backend).filter((variant) => !hashedBeside.includes(operationOf(variant)));
    expectSame(hashed.map(withLayout), [...variants, ...backwardVariants]);
  });

  it("the benchmark", async () => {
    expectSame(await artefacts.benchmarkedVariants(), [...variants, ...backwardVariants]);
  });
});
