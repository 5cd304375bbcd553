import type { Engine } from "../../src/index.js";
import type { Data } from "../support/dtypes.js";
import { bitsOf, type Bits } from "./bits.js";
import type { Call, Operand, Operands, Results } from "./calls.js";

/** Puts an operand somewhere, contents included. */
export type Placement = (engine: Engine, operand: Operand, name: string) => Operand;

/** An array of its own. */
export const host: Placement = (_, { data, shape, dtype }) => ({ data: data.slice(), shape, dtype });

/** The engine's memory, on a cache line. */
export const resident: Placement = (engine, { data, shape, dtype }) => engine.tensor(data, shape, dtype);

/** In the engine's memory, that many of its own elements after a cache line. */
export function viewAt(elements: number): Placement {
  return (engine, operand) => {
    const { data, dtype } = operand;
    const block = engine.empty([data.length + elements], dtype);
    return viewWith(engine, block.data.byteOffset + elements * data.BYTES_PER_ELEMENT, operand);
  };
}

/** In the engine's memory, at this address. */
export function viewWith(engine: Engine, byteOffset: number, { data, shape, dtype }: Operand): Operand {
  const view = engine.view(byteOffset, shape, dtype) as Operand;
  view.data.set(data);
  return view;
}

/** In the middle of a larger array, that many elements behind its start. */
export function subarrayAt(elements: number): Placement {
  return (_, { data, shape, dtype }) => {
    const larger = arrayLike(data, elements + data.length + 1);
    larger.set(data, elements);
    return { data: larger.subarray(elements, elements + data.length), shape, dtype };
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
    const { data, shape, dtype } = call.inputs.x;
    const inputs = placeAll(engine, call, place);
    const out = place(engine, { data: filledWithNaN(data), shape, dtype }, "out");
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

function copyBits(results: Results): Bits {
  return Object.fromEntries(Object.entries(results).map(([name, numbers]) => [name, bitsOf(numbers)]));
}

function filledWithNaN(data: Data): Data {
  const array = arrayLike(data, data.length);
  return array.fill(array instanceof Uint16Array ? 0x7fff : NaN);
}

function arrayLike(data: Data, length: number): Data {
  return new (data.constructor as new (length: number) => Data)(length);
}
