// One cold call; prints its seconds. See cold.mjs.

import { layerNorm } from "../dist/index.js";
import { normalValues } from "./data.mjs";

const n = 768;
const x = { data: normalValues(n), shape: [1, n] };
const weight = normalValues(n, { seed: 2 });
const bias = normalValues(n, { seed: 3 });
const start = performance.now();
layerNorm(x, n, { weight, bias });
process.stdout.write(String((performance.now() - start) / 1000));
