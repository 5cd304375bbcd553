import { describe, expect, it } from "vitest";
import type { Engine } from "../../src/index.js";
import { TILE } from "../../src/engine/staging.js";
import { forEachBackend } from "./backends.js";
import { type Bits, difference, type Words } from "./bits.js";
import { groupNorm, layerNorm, PARAMETERS, rowwiseMoments, type Call, type Grouping, type Operand } from "./calls.js";
import { KINDS, mixedRows, type Rows } from "./data.js";
import { evaluate, host, resident, type Placement } from "./placements.js";

/** Short rows go in batches of 16, pairs of rows within; long ones in a pipeline of three. */
const SHORT = [1, 2, 5, 15, 16, 17, 31, 32, 40, 64, 100, 112, 127, 128];
const LONG = [129, 130, 256, 1000, 4097, 8200, 16_413];

/** A function of rows, none of which should know the others. */
type RowCall = (x: Rows) => Call;

describe("a row's bits do not depend on its neighbours", () => {
  forEachBackend((createEngine) => {
    const engine = createEngine();

    it.each(SHORT)("1 to 40 rows of %i", (n) => {
      const x = mixedRows(40, n);
      for (const call of rowCalls(n)) {
        const alone = rowsAlone(engine, call, x, n, resident);
        for (let rows = 1; rows <= 40; rows++) {
          const together = evaluate(engine, call(rowsFrom(x, n, 0, rows)), resident);
          expectRows(together, alone.slice(0, rows), `${rows} rows`);
        }
      }
    });

    it.each(LONG)("1 to 12 rows of %i, every kind of row first", (n) => {
      const x = mixedRows(2 * KINDS, n);
      for (const call of rowCalls(n)) {
        const alone = rowsAlone(engine, call, x, n, resident);
        for (let first = 0; first < KINDS; first++) {
          const together = evaluate(engine, call(rowsFrom(x, n, first, first + 1)), resident);
          expectRows(together, alone.slice(first, 2 * first + 1), `${first + 1} rows from ${first}`);
        }
      }
    });

    it.each([3, 100, 1000, 20_000, TILE + 1])("host rows of %i, several tiles of them", (n) => {
      const x = mixedRows(Math.ceil(TILE / n) + 2, n);
      for (const call of [layerNormCall(n), (x: Rows) => rowwiseMoments(x, n)]) {
        expectRows(evaluate(engine, call(x), host), rowsAlone(engine, call, x, n, host), call(x).name);
      }
    });

    it.each([
      { batch: 3, groups: 4, channels: 3, span: 7 },
      { batch: 2, groups: 5, channels: 1, span: 128 },
      { batch: 4, groups: 3, channels: 2, span: 129 },
      { batch: 2, groups: 2, channels: 8, span: 1030 },
      { batch: 1, groups: 3, channels: 9, span: 1 },
    ])("$batch x $groups groups of $channels channels of $span", (grouping) => {
      const x = mixedRows(grouping.batch * grouping.groups, grouping.channels * grouping.span);
      for (const names of PARAMETERS)
        for (const eps of [1e-5, 0]) {
          const call = groupNorm(x, grouping, names, eps);
          const groups = groupsOf(call, grouping, eps);
          for (const place of [host, resident]) {
            const alone = groups.map((group) => evaluate(engine, group, place));
            expectRows(evaluate(engine, call, place), alone, call.name);
          }
        }
    });
  });
});

function rowCalls(n: number): RowCall[] {
  const layerNorms = PARAMETERS.map(
    (names): RowCall =>
      (x) =>
        layerNorm(x, n, names),
  );
  return [...layerNorms, layerNormCall(n, 0), (x) => rowwiseMoments(x, n)];
}

function layerNormCall(n: number, eps?: number): RowCall {
  return (x) => layerNorm(x, n, PARAMETERS[3], eps);
}

function rowsFrom<Numbers extends Rows | Operand>(x: Numbers, n: number, first: number, count: number): Numbers {
  return { ...x, data: x.data.subarray(first * n, (first + count) * n) };
}

function rowsAlone(engine: Engine, call: RowCall, x: Rows, n: number, place: Placement): Bits[] {
  return Array.from({ length: x.data.length / n }, (_, row) => evaluate(engine, call(rowsFrom(x, n, row, 1)), place));
}

/** Each group of a group norm as a tensor of its own, with its channels' parameters. */
function groupsOf({ inputs }: Call, grouping: Grouping, eps: number): Call[] {
  const { batch, groups, channels, span } = grouping;
  const { x, ...parameters } = inputs;
  return Array.from({ length: batch * groups }, (_, row) => {
    const group = rowsFrom(x as Rows, channels * span, row, 1);
    const call = groupNorm(group, { batch: 1, groups: 1, channels, span }, PARAMETERS[0], eps);
    const shares = Object.entries(parameters).map(([name, all]) => {
      return [name, { ...rowsFrom(all, channels, row % groups, 1), shape: [channels] }] as const;
    });
    return { ...call, inputs: { ...call.inputs, ...Object.fromEntries(shares) } };
  });
}

/** Results of several rows are those of each row, one after the other. */
function expectRows(actual: Bits, alone: readonly Bits[], label: string): void {
  const names = Object.keys(alone[0]);
  const joined = names.map((name) => [name, concatenate(alone.map((bits) => bits[name]))] as const);
  expect(difference(actual, Object.fromEntries(joined)), label).toBeUndefined();
}

function concatenate(parts: readonly Words[]): Words {
  const whole = new Uint32Array(parts.reduce((length, part) => length + part.length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}
