// The claims of docs/equivalence.md, on GroupNorm(1, C) and LayerNorm([C, H, W]) before a fully-connected layer.

import { describe, expect, it } from "vitest";
import {
  foldIntoConv1x1,
  foldIntoLinear,
  groupNormToLayerNorm,
  layerNormToGroupNorm,
  type LinearParameters,
} from "../../src/convert/index.js";
import { groupNorm, layerNorm, NotConvertibleError } from "../../src/index.js";
import { doubles } from "../nn/support.js";
import { dense, distance, expectClose } from "./networks.js";

const [channels, height, width] = [6, 3, 4];
const inputs = channels * height * width;
const sample = [channels, height, width];
const x = doubles([5, ...sample]);
const linear = { weight: doubles([4, inputs], 2), bias: doubles([4], 3) };
/** Parameters per element, and per channel. */
const elementwise = { weight: doubles(sample, 4), bias: doubles(sample, 5) };
const channelwise = { weight: doubles([channels], 6), bias: doubles([channels], 7) };

const layerNetwork = (norm: object, behind: LinearParameters) => dense(layerNorm(x, sample, norm), behind);
const groupNetwork = (norm: object, behind: LinearParameters) => dense(groupNorm(x, 1, norm), behind);

/** GroupNorm's parameters as the flattened elements see them. */
const spread = (norm: typeof channelwise) => groupNormToLayerNorm(norm, [height, width]);

describe("before a fully-connected layer", () => {
  it("LayerNorm's network is GroupNorm's with other weights behind, whatever its parameters", () => {
    const folded = foldIntoLinear(elementwise, linear);
    expectClose(groupNetwork({}, folded), layerNetwork(elementwise, linear));
    expect(() => layerNormToGroupNorm(elementwise, channels)).toThrow(NotConvertibleError);
  });

  it("GroupNorm's network is LayerNorm's with other weights behind", () => {
    const folded = foldIntoLinear(spread(channelwise), linear);
    expectClose(layerNetwork({}, folded), groupNetwork(channelwise, linear));
  });

  it("so both, folded, are the same network", () => {
    const ofLayer = foldIntoLinear(elementwise, linear);
    const ofGroup = foldIntoLinear(spread(channelwise), linear);
    expectClose(groupNetwork({}, ofLayer), layerNetwork({}, ofLayer));
    expectClose(groupNetwork({}, ofGroup), layerNetwork({}, ofGroup));
  });

  it("and either takes any parameters of the other's without a 0, with weights that undo its own", () => {
    const inverse = { weight: { ...elementwise.weight, data: elementwise.weight.data.map((g) => 1 / g) } };
    const shift = { bias: { ...elementwise.bias, data: elementwise.bias.data.map((b) => -b) } };
    // W' of the group network, so that LayerNorm's own g and b, then this, do what it did.
    const target = foldIntoLinear(spread(channelwise), linear);
    const unscaled = foldIntoLinear(inverse, target);
    const behind = { weight: unscaled.weight, bias: foldIntoLinear(shift, { ...unscaled, bias: target.bias }).bias };
    expectClose(layerNetwork(elementwise, behind), groupNetwork(channelwise, linear));
  });
});

describe("with the same fully-connected layer W behind both", () => {
  it("they differ, unless W sees no difference", () => {
    expect(distance(layerNetwork(elementwise, linear), groupNetwork(channelwise, linear))).toBeGreaterThan(0.1);
    expectClose(layerNetwork(spread(channelwise), linear), groupNetwork(channelwise, linear));
  });

  it("a weight of W that is 0 hides its element", () => {
    const odd = {
      weight: {
        ...spread(channelwise).weight!,
        data: Float64Array.from(spread(channelwise).weight!.data as Float64Array),
      },
    };
    odd.weight.data[7] += 1;
    const blind = {
      ...linear,
      weight: { ...linear.weight, data: linear.weight.data.map((w, i) => (i % inputs === 7 ? 0 : w)) },
    };
    const { bias } = spread(channelwise);
    expectClose(layerNetwork({ ...odd, bias }, blind), groupNetwork(channelwise, blind));
    expect(distance(layerNetwork({ ...odd, bias }, linear), groupNetwork(channelwise, linear))).toBeGreaterThan(1e-3);
  });

  it("W may change by a constant along each row: normalised elements sum to 0", () => {
    const shifted = linear.weight.data.map((w, i) => w + [5, -3, 2, 7][Math.floor(i / inputs)]);
    const other = { ...linear, weight: { ...linear.weight, data: shifted } };
    expectClose(groupNetwork({}, other), groupNetwork({}, linear));
    // Behind a scale that varies they do not.
    expect(distance(groupNetwork(channelwise, other), groupNetwork(channelwise, linear))).toBeGreaterThan(0.1);
  });

  it("W (g - gamma) may be constant along a row, where W b = W beta", () => {
    // g - gamma is chosen as 0.1 / w of the only output: every product is 0.1.
    const one = { weight: { data: linear.weight.data.slice(0, inputs), shape: [1, inputs] }, bias: null };
    const g = spread(channelwise).weight!.data as Float64Array;
    const weight = { data: g.map((gamma, i) => gamma + 0.1 / one.weight.data[i]), shape: sample };
    const { bias } = spread(channelwise);
    expectClose(layerNetwork({ weight, bias }, one), groupNetwork(channelwise, one));
  });
});

describe("what a fully-connected layer does not make the same", () => {
  it("other statistics: LayerNorm over the channels of each location", () => {
    const [locations] = [height * width];
    const last = { data: new Float64Array(x.data.length), shape: [5, height, width, channels] };
    x.data.forEach((value, i) => {
      const [n, c, at] = [Math.floor(i / inputs), Math.floor(i / locations) % channels, i % locations];
      last.data[(n * locations + at) * channels + c] = value;
    });
    // No linear map takes one to the other: the norm of GroupNorm's result is the same for all samples and scales of
    // locations, LayerNorm's of each location.
    const scaled = {
      ...last,
      data: last.data.map((value, i) => (Math.floor(i / channels) % locations === 0 ? 10 * value : value)),
    };
    const before = layerNorm(last, channels, { eps: 0 }).data;
    expectClose({ data: layerNorm(scaled, channels, { eps: 0 }).data, shape: [] }, { data: before, shape: [] });
    const first = { ...x, data: x.data.map((value, i) => (i % locations === 0 ? 10 * value : value)) };
    expect(distance(groupNorm(first, 1), groupNorm(x, 1))).toBeGreaterThan(0.1);
  });

  it("a convolution of size 1, which has one weight for all locations", () => {
    const pointwise = { weight: doubles([4, channels, 1, 1], 2) };
    expect(() => foldIntoConv1x1(elementwise, pointwise)).toThrow(/weight must have 6 elements/);
    expect(foldIntoConv1x1(channelwise, pointwise).weight.shape).toEqual([4, channels, 1, 1]);
  });

  it("an activation between: relu(g x + b) is no linear map of x", () => {
    const relu = (value: number) => Math.max(0, value);
    const active = { ...x, data: layerNorm(x, sample, elementwise).data.map(relu) };
    const folded = foldIntoLinear(elementwise, linear);
    const other = { ...x, data: groupNorm(x, 1).data.map(relu) };
    expect(distance(dense(active, linear), dense(other, folded))).toBeGreaterThan(0.1);
  });
});
