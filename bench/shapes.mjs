// What is measured: every op, in every dtype and layout. float32 from one row to several times any cache; the other
// dtypes beside float32, at sizes that lie in the same cache in either.

import * as entries from "./entries.mjs";

const otherDTypes = ["float64", "float16", "bfloat16"];

/** A few rows, which fit the second cache, and some that do not. */
const fewRows = [64, 768];
const rows = [1024, 768];
const layerRows = [[1, 768], [128, 768], rows, [4096, 768], [16384, 768], [1024, 4096], [65536, 64], [8, 1048576]];

/** Samples of 256 KiB, of as much as the second cache has, of more, and of as much as the third. */
const smallImages = [32, 64, 32, 32];
const images = [8, 256, 32, 32];
const deepImages = [2, 320, 64, 64];
const oneImage = [1, 512, 128, 128];
const fewImages = [4, 256, 32, 32];
/** 51 MB, which only memory holds. */
const manyBytes = [4, 256, 112, 112];
const firstOfAlexNet = [1, 96, 55, 55];

/** float32 of some shapes, and the other dtypes of one. */
function everyDType(make, shapes, otherShape, variant = {}) {
  return [
    ...shapes.map((shape) => make(shape, variant)),
    ...otherDTypes.map((dtype) => make(otherShape, { ...variant, dtype })),
  ];
}

function everyVariant(make, shapes, otherShape) {
  return entries.layouts.flatMap((layout) => everyDType(make, shapes, otherShape, { layout }));
}

const groupNorm = entries.groupNorm(32);
const inference = entries.batchNorm({ training: false });
const training = entries.batchNorm({ training: true });
const channelsFirst = { layout: "channels-first" };

/** Everything, grouped by op. */
export const shapes = [
  ...everyDType(entries.layerNorm, layerRows, rows),
  ...everyDType(entries.layerNorm, [], fewRows),

  ...everyDType(entries.rmsNorm, [[128, 768], rows, [4096, 768]], rows),

  entries.groupNorm(1)([20, 6, 10, 10], channelsFirst),
  ...everyVariant(groupNorm, [smallImages, images, deepImages, oneImage], fewImages),

  ...everyVariant(entries.instanceNorm, [images, deepImages], fewImages),

  ...everyVariant(inference, [images], fewImages),
  ...entries.layouts.map((layout) => inference(manyBytes, { layout, peers: ["host"] })),
  ...everyVariant(training, [images], fewImages),
  training([4096, 256], channelsFirst),

  ...everyDType(entries.standardize([1]), [images, deepImages], fewImages),

  ...everyDType(entries.normalize({ dim: 1, p: 2 }), [images], fewImages),
  entries.normalize({ dim: 1, p: 1 })(images),
  // Powers without a formula of their own take tens of nanoseconds each, on the js backend hundreds.
  entries.normalize({ dim: 1, p: 3 })([1, 64, 32, 32]),
  ...everyDType(entries.normalize({ dim: -1, p: 2 }), [rows], rows),
  entries.normalize({ dim: -1, p: 1 })(rows),
  entries.normalize({ dim: -1, p: 3 })(fewRows),

  ...everyVariant(entries.localResponseNorm(5), [firstOfAlexNet], firstOfAlexNet),

  ...everyDType(entries.layerNormBackward(), [[128, 768], rows, [4096, 768], [1024, 4096], [65536, 64]], rows),
  ...[rows, [4096, 768]].map((shape) => entries.layerNormBackward(" input")(shape)),
  ...everyDType(entries.rmsNormBackward(), [rows], rows),
  ...everyVariant(entries.groupNormBackward(32), [images, deepImages], fewImages),
  ...entries.layouts.map((layout) => entries.groupNormBackward(32, " input")(images, { layout })),
  ...everyVariant(entries.instanceNormBackward, [images], fewImages),
  ...everyVariant(entries.batchNormBackward({ training: true }), [images], fewImages),
  ...entries.layouts.map((layout) => entries.batchNormBackward({ training: false })(images, { layout })),
  ...everyDType(entries.normalizeBackward({ dim: 1, p: 2 }), [images], fewImages),
  ...everyVariant(entries.localResponseNormBackward(5), [firstOfAlexNet], firstOfAlexNet),

  ...everyDType(entries.rowwiseMoments, [rows, [8, 1048576]], rows),
  ...everyDType(entries.affineGlobal, [images], fewImages),
  ...everyDType(entries.affineVectorized, [rows], rows),
];
