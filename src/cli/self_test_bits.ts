// Written by scripts/write-self-test.mjs.

/** For each op, eight digits of a hash of its results in the self-test. */
export const expectedBits = {
  wasm: {
    layerNorm: "76080930",
    rmsNorm: "1c6bd0ae",
    groupNorm: "19638387",
    instanceNorm: "3cd3c852",
    batchNorm: "c700df0c",
    standardize: "89c6399e",
    normalize: "0f72ab6e",
    localResponseNorm: "9622eb66",
    rowwiseMoments: "ab28d169",
    affineGlobal: "f871300e",
    affineVectorized: "fe37f068",
  },
  js: {
    layerNorm: "b11bb698",
    rmsNorm: "c32e5cdf",
    groupNorm: "b3fd8ef7",
    instanceNorm: "1c769ecf",
    batchNorm: "0be005eb",
    standardize: "e359614d",
    normalize: "152fe505",
    localResponseNorm: "1366eaf6",
    rowwiseMoments: "4cffdc51",
    affineGlobal: "5d5eb77a",
    affineVectorized: "5f88c542",
  },
};
