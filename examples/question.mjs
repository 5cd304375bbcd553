// Are GroupNorm(num_groups=1) and LayerNorm equivalent? Repeats the experiment with numbers, and gives the reasons.
//
//   npm run build && node examples/question.mjs

import { groupNorm, layerNorm, NotConvertibleError } from "lanenorm";
import {
  compareNorms,
  foldIntoLinear,
  groupNormToLayerNorm,
  layerNormToGroupNorm,
  parseNormSpec,
} from "lanenorm/convert";
import { normalNumbers } from "./support/random.mjs";
import { explain, heading, result } from "./support/text.mjs";

const [samples, channels, height, width] = [20, 6, 10, 10];
const locations = height * width;
const sampleShape = [channels, height, width];
const sampleSize = channels * locations;

const normal = normalNumbers(20);
const x = tensorOf([samples, ...sampleShape], normal);

console.log("Are GroupNorm(num_groups=1) and LayerNorm equivalent?\n");
explain("x is [20, 6, 10, 10], drawn from N(0, 1). |a - b| is the norm of the difference of the two results.");
overChannels();
overSamples();
withParameters();
beforeFullyConnected();
inShort();

/** The experiment that says no: LayerNorm over the channels alone. */
function overChannels() {
  heading("1. GroupNorm(1, 6) and LayerNorm(6) on x.permute(0, 2, 3, 1)");
  const a = groupNorm(x, 1);
  const b = channelsFirst(layerNorm(channelsLast(x), channels));
  result("|a - b|", distance(a, b));
  result("PyTorch, other x", "55.16 and 56.37");
  explain(
    "Different elements share a mean and variance: in GroupNorm(1, 6) all 600 of a sample, in LayerNorm(6) the 6 " +
      "channels at one location. No choice of weight and bias makes up for that.",
  );
}

/** The experiment that says yes: the same statistics, and no parameters to differ in. */
function overSamples() {
  heading("2. GroupNorm(1, 6) and LayerNorm([6, 10, 10]), without parameters");
  result("|a - b|", distance(groupNorm(x, 1), layerNorm(x, sampleShape)));
  compare("GroupNorm(1, 6, affine=False)", "LayerNorm([6, 10, 10], elementwise_affine=False)");
}

/** Where the two part: who shares a scale and bias, and therefore which way parameters convert. */
function withParameters() {
  heading("3. The same two, with parameters");
  compare("GroupNorm(1, 6)", "LayerNorm([6, 10, 10])");

  const perChannel = { weight: aroundOne([channels]), bias: aroundZero([channels]) };
  const perElement = groupNormToLayerNorm(perChannel, [height, width]);
  explain("\nGroupNorm's parameters, repeated for LayerNorm by groupNormToLayerNorm:");
  result("|a - b|", distance(groupNorm(x, 1, perChannel), layerNorm(x, sampleShape, perElement)));

  explain("LayerNorm's parameters, back to GroupNorm's by layerNormToGroupNorm:");
  result("those we had converted", isSame(layerNormToGroupNorm(perElement, channels), perChannel));
  result("one weight in 600 is 2", refusal({ weight: onesButTwoAt([3, 4, 5]) }));
}

/** A fully-connected layer right behind absorbs any scale and bias: W (g * n + b) + c = (W g) * n + (W b + c). */
function beforeFullyConnected() {
  heading('4. "... unless followed by a fully-connected layer"');
  explain(
    "If the next thing is a matrix W over all 600 elements of a sample, it has a factor for each of them, and can " +
      "take over any scale and bias, also one that varies over locations: with W behind, both layers can express the " +
      "same functions. Here foldIntoLinear moves LayerNorm's 600 scales and biases into the W that follows GroupNorm:",
  );
  const [weight, bias, linear] = [aroundOne(sampleShape), aroundZero(sampleShape), randomLinear(10)];
  const a = fullyConnected(layerNorm(x, sampleShape, { weight, bias }), linear);
  const b = fullyConnected(groupNorm(x, 1), foldIntoLinear({ weight, bias }, linear));
  result("|a - b|", distance(a, b));
  explain("W cannot take over statistics: LayerNorm(6) stays different. Nor does it see past an activation between.");
}

function inShort() {
  heading("In short");
  explain("A normalisation layer is two choices: which elements share statistics, which share a scale and bias.");
  console.log(`
                              one mean and variance per   one scale and bias per
    GroupNorm(1, C)           sample                      channel
    LayerNorm([C, H, W])      sample                      channel and location
    LayerNorm(C), permuted    sample and location         channel
`);
  explain(
    "So GroupNorm(1, C) is LayerNorm([C, H, W]) with one scale and bias for all locations of a channel. Its parameters " +
      "always convert to LayerNorm's; LayerNorm's convert back only if they do not vary over locations. LayerNorm(C) is " +
      "another layer, except where there is one location.",
  );
}

/** The library's own answer, for two layers written as in PyTorch. */
function compare(a, b) {
  const { equivalent, because } = compareNorms(parseNormSpec(a), parseNormSpec(b), x.shape);
  result("compareNorms: equivalent", equivalent ? "yes" : "no");
  explain(because);
}

/** The words in which layerNormToGroupNorm declines. */
function refusal(parameters) {
  try {
    layerNormToGroupNorm(parameters, channels);
  } catch (error) {
    if (error instanceof NotConvertibleError) return `${error.name}: ${error.message}`;
    throw error;
  }
  throw new Error("layerNormToGroupNorm took a weight that varies over locations");
}

function isSame(a, b) {
  return distance(a.weight, b.weight) === 0 && distance(a.bias, b.bias) === 0 ? "the same again" : "changed";
}

/** y = W n + c on the elements of each sample in a row, as after torch.flatten(n, 1). */
function fullyConnected({ data }, { weight, bias }) {
  const outputs = bias.data.length;
  const y = tensorOf([samples, outputs], () => 0);
  for (let sample = 0; sample < samples; sample++) {
    const elements = data.subarray(sample * sampleSize, (sample + 1) * sampleSize);
    for (let k = 0; k < outputs; k++) {
      const row = weight.data.subarray(k * sampleSize, (k + 1) * sampleSize);
      y.data[sample * outputs + k] = dot(row, elements) + bias.data[k];
    }
  }
  return y;
}

function randomLinear(outputs) {
  const weight = tensorOf([outputs, sampleSize], () => normal() / Math.sqrt(sampleSize));
  return { weight, bias: tensorOf([outputs], normal) };
}

function dot(a, b) {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/** x.permute(0, 2, 3, 1) */
function channelsLast({ data }) {
  return { data: transposeSamples(data, channels, locations), shape: [samples, height, width, channels] };
}

/** x.permute(0, 3, 1, 2) */
function channelsFirst({ data }) {
  return { data: transposeSamples(data, locations, channels), shape: [samples, channels, height, width] };
}

/** Every sample, a matrix of rows and columns, with the two exchanged. */
function transposeSamples(data, rows, columns) {
  const transposed = new Float32Array(data.length);
  data.forEach((value, i) => {
    const [sample, row, column] = [Math.floor(i / sampleSize), Math.floor(i / columns) % rows, i % columns];
    transposed[sample * sampleSize + column * rows + row] = value;
  });
  return transposed;
}

/** (a - b).norm() */
function distance(a, b) {
  return Math.sqrt(a.data.reduce((sum, value, i) => sum + (value - b.data[i]) ** 2, 0));
}

/** A weight as training might leave it. */
function aroundOne(shape) {
  return tensorOf(shape, () => 1 + 0.1 * normal());
}

/** A bias as training might leave it. */
function aroundZero(shape) {
  return tensorOf(shape, () => 0.1 * normal());
}

function onesButTwoAt([channel, row, column]) {
  const weight = tensorOf(sampleShape, () => 1);
  weight.data[channel * locations + row * width + column] = 2;
  return weight;
}

function tensorOf(shape, value) {
  return { data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, value), shape };
}
