// Reduced precision in one sweep: x and out are of 16 bits, gamma, beta, mean and rstd of float32. Scratch: a kilobyte, and
// a row of float32.
export { layerNormBf16 as layer_norm_bf16 } from "../reduced/layer_norm";
