import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupNormToLayerNorm, layerNormToGroupNorm } from "../../src/convert/index.js";
import {
  ArgumentError,
  DTypeError,
  LanenormError,
  NotConvertibleError,
  OutOfMemoryError,
  ShapeError,
} from "../../src/errors.js";
import type { TypedArray } from "../../src/index.js";
import { outcomeOf } from "./support.js";

const weight = Float32Array.of(1, 2, 3);
const bias = Float32Array.of(-1, 0, NaN);

describe("groupNormToLayerNorm", () => {
  it("repeats each channel's value over the locations", () => {
    expect(groupNormToLayerNorm({ weight, bias }, [2, 2])).toStrictEqual({
      weight: { data: Float32Array.of(1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3), shape: [3, 2, 2], dtype: "float32" },
      bias: {
        data: Float32Array.of(-1, -1, -1, -1, 0, 0, 0, 0, NaN, NaN, NaN, NaN),
        shape: [3, 2, 2],
        dtype: "float32",
      },
    });
  });

  it("takes tensors as well as bare arrays", () => {
    const tensor = { data: weight, shape: [3], dtype: "float32" as const };
    expect(groupNormToLayerNorm({ weight: tensor, bias: weight }, [2])).toStrictEqual(
      groupNormToLayerNorm({ weight, bias: tensor }, [2]),
    );
  });

  it("without locations copies", () => {
    const converted = groupNormToLayerNorm({ weight, bias }, []);
    expect(converted.weight).toStrictEqual({ data: weight, shape: [3], dtype: "float32" });
    expect(converted.weight?.data).not.toBe(weight);
  });

  it("leaves out what the layer does not have", () => {
    expect(groupNormToLayerNorm({ weight }, [2]).bias).toBeNull();
    expect(groupNormToLayerNorm({ weight: null, bias }, [2]).weight).toBeNull();
    expect(groupNormToLayerNorm({}, [2])).toStrictEqual({ weight: null, bias: null });
  });
});

describe("layerNormToGroupNorm", () => {
  it("takes one value per channel", () => {
    const data = Float32Array.of(1, 1, 2, 2, 3, 3);
    const expected = { data: weight, shape: [3], dtype: "float32" };
    expect(layerNormToGroupNorm({ weight: { data, shape: [3, 2] }, bias: null }, 3)).toStrictEqual({
      weight: expected,
      bias: null,
    });
    expect(layerNormToGroupNorm({ weight: data, bias: data }, 3)).toStrictEqual({ weight: expected, bias: expected });
    expect(layerNormToGroupNorm({}, 3)).toStrictEqual({ weight: null, bias: null });
  });

  it("takes NaN for equal to NaN, and -0 to 0", () => {
    const data = Float32Array.of(NaN, NaN, -0, 0, Infinity, Infinity);
    expect(layerNormToGroupNorm({ weight: data }, 3).weight?.data).toStrictEqual(Float32Array.of(NaN, -0, Infinity));
  });

  it.each<[string, number[], number[], RegExp]>([
    [
      "another value",
      [1, 1, 1, 1, 2, 2, 2.5, 7],
      [2, 2, 2],
      /got 2.5 at \[1, 1, 0\], which differs by 0.5 from 2 at \[1, 0, 0\]/,
    ],
    ["the last bit", [1, 1 + 2 ** -23, 2, 2], [2, 2], /differs by 1.1920928955078125e-7 from 1 at \[0, 0\]/],
    ["a NaN", [1, NaN, 2, 2], [2, 2], /got NaN at \[0, 1\], which differs by NaN from 1/],
    ["a number after a NaN", [NaN, 1, 2, 2], [2, 2], /got 1 at \[0, 1\], which differs by NaN from NaN/],
    ["infinities", [Infinity, -Infinity, 2, 2], [2, 2], /differs by Infinity/],
  ])("names the first location that differs: %s", (_, values, shape, message) => {
    const data = Float32Array.from(values);
    const error = outcomeOf(() => layerNormToGroupNorm({ bias: { data, shape } }, 2));
    expect(error).toBeInstanceOf(NotConvertibleError);
    expect(error).toMatchObject({ functionName: "layerNormToGroupNorm", argument: "bias" });
    expect((error as Error).message).toMatch(/bias must be constant over the locations of each channel, got /);
    expect((error as Error).message).toMatch(message);
  });

  it("names channel and location of a bare array", () => {
    const data = Float32Array.of(1, 1, 1, 2, 2, 3);
    expect(() => layerNormToGroupNorm({ weight: data }, 2)).toThrow(
      "got 3 at [1, 2], which differs by 1 from 2 at [1, 0]",
    );
  });
});

describe("there and back", () => {
  const channels = fc.integer({ min: 1, max: 8 });
  const values = (length: number): fc.Arbitrary<Float32Array> =>
    fc.float32Array({ minLength: length, maxLength: length });
  const cases = channels.chain((length) =>
    fc.record({
      weight: values(length),
      bias: values(length),
      spatial: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
    }),
  );
  const bitsOf = ({ data }: { readonly data: TypedArray }): Uint32Array =>
    new Uint32Array((data as Float32Array).slice().buffer);

  it("every bit comes back", () => {
    fc.assert(
      fc.property(cases, ({ weight, bias, spatial }) => {
        const layer = groupNormToLayerNorm({ weight, bias }, spatial);
        const group = layerNormToGroupNorm(layer, weight.length);
        expect(bitsOf(group.weight!)).toStrictEqual(bitsOf({ data: weight }));
        expect(bitsOf(group.bias!)).toStrictEqual(bitsOf({ data: bias }));
        expect(layer.weight!.shape).toStrictEqual([weight.length, ...spatial]);
      }),
    );
  });

  it("every location has the values of its channel", () => {
    fc.assert(
      fc.property(cases, ({ weight, bias, spatial }) => {
        const layer = groupNormToLayerNorm({ weight, bias }, spatial);
        const locations = layer.weight!.data.length / weight.length;
        (layer.weight!.data as Float32Array).forEach((scale, index) => {
          expect(scale).toBe(weight[Math.floor(index / locations)]);
          expect(layer.bias!.data[index]).toBe(bias[Math.floor(index / locations)]);
        });
      }),
    );
  });

  it("one value changed is found, wherever it is", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 2, max: 9 }),
        fc.nat(),
        (channels, locations, at) => {
          const data = new Float32Array(channels * locations).fill(0.5);
          data[at % data.length] = 0.75;
          const odd = Math.max(at % data.length, Math.floor((at % data.length) / locations) * locations + 1);
          const place = `[${Math.floor(odd / locations)}, ${odd % locations}]`;
          expect(() => layerNormToGroupNorm({ weight: data }, channels)).toThrow(
            (at % data.length) % locations === 0 ? `got 0.5 at ${place}` : `got 0.75 at ${place}`,
          );
        },
      ),
    );
  });
});

describe("bad input", () => {
  const data = new Float32Array(6);

  it.each<[unknown, unknown, new (...args: never[]) => Error, RegExp]>([
    [null, [2], ArgumentError, /parameters must be an object with weight and bias, got null/],
    [undefined, [2], ArgumentError, /got undefined/],
    [{ weight: 5 }, [2], ArgumentError, /weight must be a tensor, a typed array or null, got 5/],
    [{ weight: [1, 2, 3] }, [2], DTypeError, /weight must be a Float32Array/],
    [{ weight: new Uint8Array(3) }, [2], DTypeError, /weight must be a Float32Array, .*, got Uint8Array/],
    [{ weight: new DataView(new ArrayBuffer(8)) }, [2], DTypeError, /got DataView/],
    [{ bias: { data, shape: [6], dtype: "float16" } }, [2], DTypeError, /bias must have dtype "float32"/],
    [{ bias: { shape: [6] } }, [2], DTypeError, /bias must be a Float32Array, .*, got undefined/],
    [{ bias: { data } }, [2], ShapeError, /bias.shape must be an array of whole numbers of at least 1, got undefined/],
    [{ bias: { data, shape: [5] } }, [2], ShapeError, /bias must have the 6 elements of its data, got \[5\]/],
    [{ bias: { data, shape: [3, 2] } }, [2], ShapeError, /bias must have shape \[6\], got \[3, 2\]/],
    [{ bias: new Float32Array(0) }, [2], ShapeError, /bias must have elements, got an empty array/],
    [{ weight, bias: data }, [2], ShapeError, /bias must have as many elements as weight, 3, got 6/],
    [{ weight }, 2, ShapeError, /spatialShape must be an array of whole numbers of at least 1, got 2/],
    [{ weight }, undefined, ShapeError, /spatialShape/],
    [{ weight }, [2, 0], ShapeError, /got \[2, 0\]/],
    [{ weight }, [, 2], ShapeError, /got \[undefined, 2\]/],
    [
      { weight },
      [2 ** 40],
      OutOfMemoryError,
      /spatialShape must give parameters that fit in memory, got \[3, 1099511627776\]/,
    ],
  ])("groupNormToLayerNorm(%j, %j)", (parameters, spatialShape, type, message) => {
    const error = outcomeOf(() => groupNormToLayerNorm(parameters as object, spatialShape as number[]));
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(message);
  });

  it.each<[unknown, unknown, new (...args: never[]) => Error, RegExp]>([
    [{ weight: data }, 0, ArgumentError, /numChannels must be a whole number of at least 1, got 0/],
    [{}, 1.5, ArgumentError, /numChannels must be a whole number of at least 1, got 1.5/],
    [{ weight: data }, "3", ArgumentError, /got "3"/],
    [{ weight: data }, 4, ShapeError, /weight must have shape \[4, ...spatial\], got an array of 6/],
    [{ weight: { data, shape: [3, 2] } }, 2, ShapeError, /weight must have shape \[2, ...spatial\], got \[3, 2\]/],
    [{ weight: { data, shape: [6] } }, 3, ShapeError, /got \[6\]/],
    [{ weight: { data: data.subarray(0, 1), shape: [] } }, 1, ShapeError, /got \[\]/],
    [{ weight: data, bias: weight }, 3, ShapeError, /bias must have as many elements as weight, 6, got 3/],
  ])("layerNormToGroupNorm(%j, %j)", (parameters, numChannels, type, message) => {
    const error = outcomeOf(() => layerNormToGroupNorm(parameters as object, numChannels as number));
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(message);
  });

  it("of any kind gives an error of the library", () => {
    const tensors = fc.oneof(
      fc.anything(),
      fc.float32Array({ maxLength: 6 }),
      fc.record({ data: fc.float32Array({ maxLength: 6 }), shape: fc.oneof(fc.array(fc.nat(3)), fc.anything()) }),
    );
    const parameters = fc.oneof(fc.anything(), fc.record({ weight: tensors, bias: tensors }));
    const seconds = fc.oneof(fc.nat(4), fc.array(fc.nat(4), { maxLength: 3 }), fc.anything());
    fc.assert(
      fc.property(parameters, seconds, (given, second) => {
        for (const convert of [groupNormToLayerNorm, layerNormToGroupNorm]) {
          const outcome = outcomeOf(() => convert(given as object, second as number[] & number));
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(LanenormError);
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
