import { describe, expect, it } from "vitest";
import type { Engine } from "../../src/index.js";
import { TILE } from "../../src/engine/staging.js";
import { dtypes, type DTypeName } from "../support/dtypes.js";
import { forEachBackend } from "./backends.js";
import { difference } from "./bits.js";
import type { Call } from "./calls.js";
import { LAYOUTS } from "./family.js";
import { channelGradients, lineGradients, responseGradients, rowGradients } from "./family_backward.js";
import {
  evaluate,
  evaluateInPlace,
  evaluateInto,
  host,
  placedByName,
  resident,
  subarrayAt,
  viewAt,
} from "./placements.js";

/** Vectors, blocks, and rows whose batch is longer than a tile. */
const ROWS = [
  { rows: 5, n: 1 },
  { rows: 7, n: 37 },
  { rows: 13, n: 128 },
  { rows: 13, n: 131 },
  { rows: 3, n: 1030 },
  { rows: 2 * Math.ceil(TILE / 129) + 3, n: 129 },
  { rows: 2, n: TILE + 1 },
];

const CHANNELS = [
  { batch: 2, channels: 6, groups: 3, span: 7 },
  { batch: 3, channels: 12, groups: 2, span: 17 },
  { batch: 2, channels: 33, groups: 3, span: 67 },
  { batch: 40, channels: 3, groups: 3, span: 1 },
  { batch: 2, channels: 6, groups: 2, span: 20_000 },
  { batch: 1, channels: 1030, groups: 5, span: 70 },
];

const LINES = [
  { shape: [4, 9], dim: 1 },
  { shape: [2, 18, 5], dim: 1 },
];

function callsOf(dtype: DTypeName): Call[] {
  return [
    ...ROWS.flatMap(({ rows, n }) => rowGradients({ dtype }, rows, n)),
    ...LAYOUTS.flatMap((layout) => CHANNELS.flatMap((sizes) => channelGradients({ dtype }, sizes, layout))),
    ...LAYOUTS.flatMap((layout) => responseGradients({ dtype }, CHANNELS[1], layout)),
    ...LINES.flatMap(({ shape, dim }) => lineGradients({ dtype }, shape, dim)),
  ];
}

describe("gradients have the same bits wherever operands and results are", () => {
  forEachBackend((createEngine) => {
    const engine = createEngine();

    it.each(dtypes)("of %s", { timeout: 120_000 }, (dtype) => {
      for (const call of callsOf(dtype)) expectSame(engine, call);
    });
  });
});

function expectSame(engine: Engine, call: Call): void {
  const expected = evaluate(engine, call, resident);
  const { x } = call.inputs;
  const others = {
    host: evaluate(engine, call, host),
    "x on the host, the rest resident": evaluate(engine, call, placedByName({ x: host, gradOutput: host }, resident)),
    "in x's place": evaluateInPlace(engine, call, resident),
    "in x's place, host": evaluateInPlace(engine, call, host),
    "into out": evaluateInto(engine, call, resident),
    "into out, host": evaluateInto(engine, call, subarrayAt(3)),
    // Small ones: the others take the same path.
    ...(x.data.length < 5000 && {
      "x shifted": evaluateInto(engine, call, placedByName({ x: viewAt(1) }, resident)),
      "gradOutput shifted": evaluateInto(engine, call, placedByName({ gradOutput: viewAt(3) }, resident)),
      "weight and out shifted": evaluateInto(
        engine,
        call,
        placedByName({ weight: viewAt(5), out: viewAt(7) }, resident),
      ),
    }),
  };
  for (const [where, actual] of Object.entries(others)) {
    expect(difference(actual, expected), `${call.name}, ${where}`).toBeUndefined();
  }
}
