import type { Engine, TensorLike } from "../../src/index.js";
import { bitsOf, type Bits } from "./bits.js";
import type { Call, Operands } from "./calls.js";

/** Puts an operand somewhere, contents included. */
export type Placement = (engine: Engine, operand: TensorLike, name: string) => TensorLike;

/** An array of its own. */
export const host: Placement = (_, { data, shape }) => ({ data: data.slice(), shape });

/** The engine's memory, on a cache line. */
export const resident: Placement = (engine, { data, shape }) => engine.tensor(data, shape);

/** In the engine's memory, some bytes after a cache line. */
export function viewAt(byteOffset: number): Placement {
  return (engine, { data, shape }) => {
    const block = engine.empty([data.length + byteOffset / 4]);
    const view = engine.view(block.data.byteOffset + byteOffset, shape);
    view.data.set(data);
    return view;
  };
}

/** In the middle of a larger array. */
export function subarrayAt(byteOffset: number): Placement {
  return (_, { data, shape }) => {
    const start = byteOffset / 4;
    const larger = new Float32Array(start + data.length + 1);
    larger.set(data, start);
    return { data: larger.subarray(start, start + data.length), shape };
  };
}

/** Each operand in its own place. */
export function placedByName(places: Readonly<Record<string, Placement>>, otherwise: Placement): Placement {
  return (engine, operand, name) => (places[name] ?? otherwise)(engine, operand, name);
}

/** The bits of a call's results with every input placed; what was placed in the engine is freed. */
export function evaluate(engine: Engine, call: Call, place: Placement): Bits {
  return engine.scope(() => copyBits(call.run(engine, placeAll(engine, call, place))));
}

/** As evaluate, into an `out` that is placed as well and holds something else before. */
export function evaluateInto(engine: Engine, call: Call, place: Placement): Bits {
  return engine.scope(() => {
    const { data, shape } = call.inputs.x;
    const inputs = placeAll(engine, call, place);
    const out = place(engine, { data: new Float32Array(data.length).fill(NaN), shape }, "out");
    return copyBits(call.run(engine, inputs, out));
  });
}

/** As evaluate, with the result in x's place. */
export function evaluateInPlace(engine: Engine, call: Call, place: Placement): Bits {
  return engine.scope(() => {
    const inputs = placeAll(engine, call, place);
    return copyBits(call.run(engine, inputs, inputs.x));
  });
}

function placeAll(engine: Engine, call: Call, place: Placement): Operands {
  const placed = Object.entries(call.inputs).map(([name, operand]) => [name, place(engine, operand, name)]);
  return Object.fromEntries(placed);
}

function copyBits(results: Operands): Bits {
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, bitsOf(data)]));
}
