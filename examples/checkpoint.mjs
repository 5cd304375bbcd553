// The layer norms of a transformer, with the weights of its checkpoint. Makes a small .safetensors file with the keys that
// GPT-2's has, opens it lazily, and reads only the tensors it needs.
//
//   npm run build && node examples/checkpoint.mjs [model.safetensors]
//
// With a file of your own, all layer norms that it has are applied: every key.weight with a key.bias of its shape, [width].

import { mkdirSync, openAsBlob, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defaultEngine, Moments } from "lanenorm";
import { openSafetensors, writeSafetensors } from "lanenorm/io";
import { normalNumbers } from "./support/random.mjs";
import { explain, result, title } from "./support/text.mjs";

const [layers, width, tokens] = [4, 256, 64];
const path = process.argv[2] ?? makeCheckpoint();

title("The layer norms of a checkpoint");
const checkpoint = await openSafetensors(await openAsBlob(path), { name: path });
const norms = layerNormsIn(checkpoint);
explain(
  `${checkpoint.keys.length} tensors, ${norms.length} layer norms. Each is applied to ${tokens} tokens in the engine's memory, whose mean and deviation go:`,
);

const engine = defaultEngine();
for (const { key, shape } of norms) {
  const [weight, bias] = [await checkpoint.read(`${key}.weight`), await checkpoint.read(`${key}.bias`)];
  engine.scope(() => {
    const x = engine.tensor(hiddenStates(tokens * shape[0]), [tokens, shape[0]], weight.dtype);
    const y = engine.layerNorm(x, shape, { weight, bias });
    result(key, `${describe(x)}  ->  ${describe(y)}`);
  });
}

/** Keys whose weight and bias are of one shape of one dimension. */
function layerNormsIn(checkpoint) {
  const weights = checkpoint.keys.filter((key) => key.endsWith(".weight"));
  return weights
    .map((weight) => ({ key: weight.slice(0, -".weight".length), shape: checkpoint.info(weight).shape }))
    .filter(({ key, shape }) => {
      const bias = `${key}.bias`;
      return shape.length === 1 && checkpoint.keys.includes(bias) && `${checkpoint.info(bias).shape}` === `${shape}`;
    });
}

/** "0.020 +- 0.981", mean and deviation over all elements. */
function describe(tensor) {
  const moments = Moments.of(tensor);
  return `${moments.mean[0].toFixed(3)} +- ${Math.sqrt(moments.variance()[0]).toFixed(3)}`;
}

/** What comes out of an attention layer: numbers around 0.5. */
function hiddenStates(count) {
  const next = normalNumbers(7);
  return Array.from({ length: count }, () => 0.5 + 2 * next());
}

/** A transformer of a few small layers in float16, with GPT-2's keys. */
function makeCheckpoint() {
  const folder = fileURLToPath(new URL("out/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const next = normalNumbers(1);
  const tensor = (shape, mean, deviation) => {
    const numbers = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => mean + deviation * next());
    return defaultEngine().tensor(numbers, shape, "float16");
  };
  const norm = (key) => ({
    [`${key}.weight`]: tensor([width], 1, 0.2),
    [`${key}.bias`]: tensor([width], 0, 0.1),
  });
  const linear = (key, inputs, outputs) => ({
    [`${key}.weight`]: tensor([inputs, outputs], 0, 0.02),
    [`${key}.bias`]: tensor([outputs], 0, 0.02),
  });
  const blocks = Array.from({ length: layers }, (_, layer) => ({
    ...norm(`h.${layer}.ln_1`),
    ...linear(`h.${layer}.attn.c_attn`, width, 3 * width),
    ...norm(`h.${layer}.ln_2`),
    ...linear(`h.${layer}.mlp.c_fc`, width, 4 * width),
  }));
  const tensors = Object.assign({ "wte.weight": tensor([500, width], 0, 0.02) }, ...blocks, norm("ln_f"));
  writeFileSync(`${folder}checkpoint.safetensors`, writeSafetensors(tensors, { format: "pt" }));
  for (const made of Object.values(tensors)) made.dispose();
  return `${folder}checkpoint.safetensors`;
}
