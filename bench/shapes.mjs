// What is measured. Sizes grow from one row to several times any cache; rows from 64 to 2^20 elements.

const layerNorms = [
  [1, 768],
  [128, 768],
  [1024, 768],
  [4096, 768],
  [16384, 768],
  [1024, 4096],
  [65536, 64],
  [8, 1048576],
];

const groupNorms = [
  { shape: [20, 6, 10, 10], groups: 1 },
  { shape: [8, 256, 32, 32], groups: 32 },
  { shape: [2, 320, 64, 64], groups: 32 },
  { shape: [1, 512, 128, 128], groups: 32 },
];

/** Every shape; `parameters` is how many elements weight and bias have. */
export const shapes = [
  ...layerNorms.map((shape) => ({
    name: `layer norm [${shape}]`,
    op: "layerNorm",
    shape,
    groups: null,
    parameters: shape[1],
  })),
  ...groupNorms.map(({ shape, groups }) => ({
    name: `group norm [${shape}]/${groups}`,
    op: "groupNorm",
    shape,
    groups,
    parameters: shape[1],
  })),
];

/** The number of elements of a shape. */
export function sizeOf(shape) {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** The least that an op moves: it reads and writes every float32 once. */
export function bytesOf(shape) {
  return 2 * 4 * sizeOf(shape);
}
