// The module's ABI. Sizes are elements, addresses are bytes; kernels exist for float32 and for float64, which is the type
// of their arrays, too, and those without a suffix serve both. flags: HAS_GAMMA = 1, HAS_BETA = 2, WANTS_STATISTICS = 4, UNCENTRED = 8, WANTS_MOMENTS = 16.
// Kernels trust their arguments: src/ops checks them.

export * from "./abi/rows";
export * from "./abi/batch_norm";
export * from "./abi/columns";
export * from "./abi/powers";
export * from "./abi/local_response_norm";
export * from "./abi/reduced";

// Reduced precision: `count` elements between float32 and 16 bits
export {
  decodeF16 as decode_f16,
  decodeBf16 as decode_bf16,
  encodeF16 as encode_f16,
  encodeBf16 as encode_bf16,
} from "./convert";

// So that tests can hold it to the same function in TypeScript
export { pow } from "./pow";
