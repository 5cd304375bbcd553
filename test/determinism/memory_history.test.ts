import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEngineSync, OutOfMemoryError, type Engine } from "../../src/index.js";
import { TILE } from "../../src/engine/staging.js";
import { dtypes, type DTypeName } from "../support/dtypes.js";
import { forEachBackend } from "./backends.js";
import { difference } from "./bits.js";
import { everyCall, type Call } from "./calls.js";
import { KINDS, mixedRows } from "./data.js";
import { axesNorms, channelMaps, channelNorms, LAYOUTS, localResponses, pNorms, rowNorms } from "./family.js";
import { evaluate, host, resident, type Placement } from "./placements.js";

const PAGE_BYTES = 65_536;

describe("what happened to the memory before changes no bit", () => {
  forEachBackend((createEngine) => {
    const tidy = createEngine();

    it("a memory full of NaN, the kernels' own scratch included", () => {
      const engine = createEngine();
      engine.empty([400_000]).dispose();
      const { buffer } = engine.view(0, [1]).data;
      for (const call of calls())
        for (const place of [host, resident]) {
          new Float32Array(buffer).fill(NaN);
          expectSameBits(engine, call, place);
        }
    });

    it("a memory that has to grow for the call", () => {
      for (const call of calls())
        for (const place of [host, resident]) {
          const engine = createEngine();
          fillUp(engine);
          expectSameBits(engine, call, place);
        }
    });

    it("a memory with holes", () => {
      const sizes = fc.array(fc.nat(5000), { minLength: 1, maxLength: 30 });
      const property = fc.property(sizes, fc.integer({ min: 1, max: 300 }), fc.nat(KINDS - 1), (sizes, n, first) => {
        const engine = createEngine();
        const tensors = sizes.map((size) => engine.empty([size]));
        for (const [index, tensor] of tensors.entries()) if (index % 3 !== 1) tensor.dispose();
        for (const call of everyCall(mixedRows(3, n, first), n))
          for (const place of [host, resident]) expectSameBits(engine, call, place);
      });
      fc.assert(property, { numRuns: 20 });
    });

    it("calls that failed for want of memory", () => {
      const { backend } = tidy;
      const engine = createEngineSync({ backend, maximumBytes: 4 * PAGE_BYTES });
      const x = engine.tensor(mixedRows(2, PAGE_BYTES / 4).data, [2, PAGE_BYTES / 4]);
      expect(() => engine.layerNorm(x, PAGE_BYTES / 4)).toThrow(OutOfMemoryError);
      expect(() => engine.nativeGroupNorm(x, 2)).toThrow(OutOfMemoryError);
      for (const call of everyCall(mixedRows(13, 129), 129)) expectSameBits(engine, call, resident);
    });

    it("operands that are bare views, detached when the memory grows for the result", () => {
      for (const call of [...everyCall(mixedRows(3, 100), 100), ...everyCall(mixedRows(3, 20_000), 20_000)]) {
        const engine = createEngine();
        const tensors = Object.entries(call.inputs).map(
          ([name, operand]) => [name, resident(engine, operand, name)] as const,
        );
        fillUp(engine);
        const views = tensors.map(([name, { data, shape, dtype }]) => [name, { data, shape, dtype }] as const);
        const results = evaluate(engine, { ...call, inputs: Object.fromEntries(views) }, (_, view) => view);
        expect(difference(results, evaluate(tidy, call, resident)), call.name).toBeUndefined();
      }
    });

    function expectSameBits(engine: Engine, call: Call, place: Placement): void {
      expect(difference(evaluate(engine, call, place), evaluate(tidy, call, place)), call.name).toBeUndefined();
    }
  });
});

function calls(): Call[] {
  const sizes = [1, 17, 100, 128, 129, 1000];
  const rows = sizes.flatMap((n) => everyCall(mixedRows(13, n), n));
  return [...rows, ...everyCall(mixedRows(2, TILE + 1), TILE + 1), ...dtypes.flatMap(callsOf)];
}

/** The family; the norms of columns in float64 need the largest scratch. */
function callsOf(dtype: DTypeName): Call[] {
  const sizes = { batch: 2, channels: 800, groups: 5, span: 6 };
  return [
    ...LAYOUTS.flatMap((layout) => [
      ...channelNorms({ dtype }, sizes, layout),
      ...channelMaps({ dtype }, sizes, layout),
      ...localResponses({ dtype }, sizes, layout),
    ]),
    ...axesNorms({ dtype }, { shape: [6, 3, 7, 90], axes: [0, 2] }),
    ...axesNorms({ dtype }, { shape: [9, 3, 130], axes: [0, 2] }),
    ...pNorms({ dtype }, [2, 9, 700], 1),
    ...rowNorms({ dtype }, 3, 2000),
  ];
}

/** Takes all that is left, so that the next allocation grows the memory. */
function fillUp(engine: Engine): void {
  const { byteOffset, byteLength } = engine.empty([16]).data;
  const left = engine.memory.capacityBytes - byteOffset - byteLength;
  if (left > 0) engine.empty([left / 4]);
}
