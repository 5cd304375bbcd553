// Trains a small network to tell three spirals apart: two linear layers, written here, and between them a normalisation of
// your choice from lanenorm/nn. Draws the curve of the loss in out/training-<norm>.svg.
//
//   npm run build && node examples/training.mjs [layer | rms | group | batch | instance | none]
//
// All numbers come from formulas, so every run is the same, and PyTorch's is, too: test/goldens/training.py.

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BatchNorm1d, GroupNorm, InstanceNorm1d, LayerNorm, Parameter, RMSNorm } from "lanenorm/nn";
import { lineChart } from "./support/chart.mjs";
import { showProgress } from "./support/progress.mjs";
import { uniformNumbers } from "./support/random.mjs";
import { explain, result, title } from "./support/text.mjs";

const [samples, hidden, classes] = [300, 16, 3];
const steps = 600;
const learningRate = 0.06;

/** A norm, and the shape in which it sees the hidden layer's [samples, hidden]. */
const norms = {
  layer: () => [new LayerNorm(hidden)],
  rms: () => [new RMSNorm(hidden)],
  group: () => [new GroupNorm(2, hidden)],
  batch: () => [new BatchNorm1d(hidden)],
  instance: () => [new InstanceNorm1d(2, { affine: true }), [samples, 2, hidden / 2]],
  none: () => [],
};

const name = process.argv[2] ?? "layer";
if (!Object.hasOwn(norms, name)) {
  console.error(`The norm must be one of ${Object.keys(norms).join(", ")}, not ${name}.`);
  process.exit(2);
}

const uniform = uniformNumbers(7);
const { points, labels } = drawSpirals();
const layers = [linear(2, hidden), ...normLayer(...norms[name]()), relu(), linear(hidden, classes)];
const parameters = layers.flatMap((layer) => layer.parameters());
const losses = train();
report();

/** Full-batch gradient descent. Returns the loss before each step, and after the last. */
function train() {
  const progress = showProgress(process.stderr, steps);
  const losses = [];
  for (let step = 0; step < steps; step++) {
    const { loss, gradient } = crossEntropy(forward(points));
    losses.push(loss);
    for (const parameter of parameters) parameter.zeroGrad();
    layers.reduceRight((gradOutput, layer) => layer.backward(gradOutput), gradient);
    for (const { data, grad } of parameters)
      data.forEach((value, i) => (data[i] = value - learningRate * grad.data[i]));
    progress.update(step + 1, `loss ${loss.toFixed(4)}`);
  }
  progress.end();
  return [...losses, crossEntropy(forward(points)).loss];
}

function forward(x) {
  return layers.reduce((input, layer) => layer.forward(input), x);
}

/** y = W x + b, for each row x. W is [outputs, inputs], as in torch.nn.Linear. */
function linear(inputs, outputs) {
  const weight = new Parameter(
    Float32Array.from({ length: outputs * inputs }, () => spread(inputs)),
    [outputs, inputs],
  );
  const bias = new Parameter(
    Float32Array.from({ length: outputs }, () => spread(inputs)),
    [outputs],
  );
  let x;
  return {
    parameters: () => [weight, bias],
    forward(input) {
      x = input;
      const product = matrix(samples, outputs, (n, o) =>
        dot(inputs, (i) => x.data[n * inputs + i] * weight.data[o * inputs + i]),
      );
      product.data.forEach((value, index) => (product.data[index] = value + bias.data[index % outputs]));
      return product;
    },
    backward({ data: g }) {
      const column = (o) => dot(samples, (n) => g[n * outputs + o]);
      bias.accumulate({ data: Float32Array.from({ length: outputs }, (_, o) => column(o)), shape: [outputs] });
      weight.accumulate(
        matrix(outputs, inputs, (o, i) => dot(samples, (n) => g[n * outputs + o] * x.data[n * inputs + i])),
      );
      return matrix(samples, inputs, (n, i) => dot(outputs, (o) => g[n * outputs + o] * weight.data[o * inputs + i]));
    },
  };
}

/** A module, in the shape that it wants; or nothing. */
function normLayer(module, shape = [samples, hidden]) {
  if (!module) return [];
  const flat = [samples, hidden];
  return [
    {
      parameters: () => module.parameters(),
      forward: ({ data }) => ({ data: module.forward({ data, shape }).data, shape: flat }),
      backward: ({ data }) => ({ data: module.backward({ data, shape }).data, shape: flat }),
    },
  ];
}

function relu() {
  let x;
  return {
    parameters: () => [],
    forward: (input) => ((x = input), { ...x, data: x.data.map((value) => Math.max(value, 0)) }),
    backward: (gradient) => ({ ...gradient, data: gradient.data.map((value, i) => (x.data[i] > 0 ? value : 0)) }),
  };
}

/** The mean of -log softmax at the labels, and its gradient. */
function crossEntropy({ data }) {
  let sum = 0;
  const gradient = new Float32Array(data.length);
  for (let n = 0; n < samples; n++) {
    const scores = data.subarray(n * classes, (n + 1) * classes);
    const largest = Math.max(...scores);
    const total = scores.reduce((sum, score) => sum + Math.exp(score - largest), 0);
    sum += Math.log(total) - (scores[labels[n]] - largest);
    scores.forEach((score, k) => {
      const probability = Math.exp(score - largest) / total;
      gradient[n * classes + k] = (probability - (k === labels[n] ? 1 : 0)) / samples;
    });
  }
  return { loss: sum / samples, gradient: { data: gradient, shape: [samples, classes] } };
}

/** Points on three arms, a little off them. */
function drawSpirals() {
  const labels = Array.from({ length: samples }, (_, n) => n % classes);
  const points = matrix(samples, 2, () => 0);
  for (const [n, label] of labels.entries()) {
    const radius = (Math.floor(n / classes) + 1) / (samples / classes);
    const angle = (2 * Math.PI * label) / classes + 4 * radius + 0.3 * (2 * uniform() - 1);
    points.data.set([radius * Math.cos(angle), radius * Math.sin(angle)], 2 * n);
  }
  return { points, labels };
}

function report() {
  title(`Three spirals, two linear layers, ${name === "none" ? "no norm" : `${name} norm`}`);
  explain(`${samples} points, ${parameters.length} parameter tensors, ${steps} steps of gradient descent.\n`);
  for (const step of [0, 100, 200, 400, steps]) result(`loss after ${step} steps`, losses[step].toFixed(6));
  result("points told right", `${Math.round(100 * accuracy())} %`);

  const out = fileURLToPath(new URL("out/", import.meta.url));
  mkdirSync(out, { recursive: true });
  writeFileSync(
    `${out}training-${name}.svg`,
    lineChart({ title: `Loss with ${name} norm`, x: "step", y: "loss" }, losses),
  );
  explain(`\nexamples/out/training-${name}.svg shows how the loss fell.`);
}

function accuracy() {
  const { data } = forward(points);
  const best = (n) => [0, 1, 2].reduce((best, k) => (data[n * classes + k] > data[n * classes + best] ? k : best), 0);
  return labels.filter((label, n) => best(n) === label).length / samples;
}

/** As torch.nn.Linear begins: uniform within 1 / sqrt(inputs). */
function spread(inputs) {
  return (2 * uniform() - 1) / Math.sqrt(inputs);
}

function matrix(rows, columns, value) {
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < data.length; i++) data[i] = value(Math.floor(i / columns), i % columns);
  return { data, shape: [rows, columns] };
}

function dot(length, term) {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += term(i);
  return sum;
}
