// How the ops are called. One closure per op, so that the call is as direct as a user's.

import { hostOutput } from "./operands.mjs";

const calls = {
  layerNorm: (engine, x, n, options) => () => engine.layerNorm(x, n, options),
  rmsNorm: (engine, x, n, options) => () => engine.rmsNorm(x, n, options),
  groupNorm: (engine, x, groups, options) => () => engine.groupNorm(x, groups, options),
  instanceNorm: (engine, x, _, options) => () => engine.instanceNorm(x, options),
  batchNorm: (engine, x, _, options) => () => engine.batchNorm(x, options),
  standardize: (engine, x, axes, options) => () => engine.standardize(x, axes, options),
  normalize: (engine, x, _, options) => () => engine.normalize(x, options),
  localResponseNorm: (engine, x, size, options) => () => engine.localResponseNorm(x, size, options),
  // It has no out: its results are freed by the scope.
  rowwiseMoments: (engine, x, n) => () => engine.scope(() => void engine.rowwiseMoments(x, n)),
  affineGlobal: (engine, x, _, { scale, bias, out }) => {
    const options = { out };
    return () => engine.affineGlobal(x, scale, bias, options);
  },
  affineVectorized: (engine, x, _, { scale, bias, gamma, beta, out }) => {
    const options = { out };
    return () => engine.affineVectorized(x, scale, bias, gamma, beta, options);
  },
  layerNormBackward: (engine, x, n, { gradOutput, ...given }) => {
    const options = gradientOptions(engine, x, engine.nativeLayerNorm(x, n), given);
    return () => engine.layerNormBackward(gradOutput, x, n, options);
  },
  rmsNormBackward: (engine, x, n, { gradOutput, outputMask, ...given }) => {
    const masked = { ...given, outputMask: outputMask.slice(0, 2) };
    const options = gradientOptions(engine, x, engine.nativeRmsNorm(x, n), masked);
    return () => engine.rmsNormBackward(gradOutput, x, n, options);
  },
  groupNormBackward: (engine, x, groups, { gradOutput, layout, ...given }) => {
    const statistics = engine.nativeGroupNorm(x, groups, { layout });
    const options = { ...gradientOptions(engine, x, statistics, given), layout };
    return () => engine.groupNormBackward(gradOutput, x, groups, options);
  },
  instanceNormBackward: (engine, x, _, { gradOutput, layout, ...given }) => {
    const options = { ...gradientOptions(engine, x, engine.nativeInstanceNorm(x, { layout }), given), layout };
    return () => engine.instanceNormBackward(gradOutput, x, options);
  },
  batchNormBackward: (engine, x, _, { gradOutput, layout, training, ...given }) => {
    const statistics = engine.nativeBatchNorm(x, { layout, training: true });
    const options = { ...gradientOptions(engine, x, statistics, given), layout, training };
    return () => engine.batchNormBackward(gradOutput, x, options);
  },
  normalizeBackward: (engine, x, _, { gradOutput, p, dim, out }) => {
    const options = { p, dim, out: { gradInput: out } };
    return () => engine.normalizeBackward(gradOutput, x, options);
  },
  localResponseNormBackward: (engine, x, size, { gradOutput, layout, out }) => {
    const options = { layout, out: { gradInput: out } };
    return () => engine.localResponseNormBackward(gradOutput, x, size, options);
  },
};

/** With places for all gradients that are wanted: that of x goes to `out`. */
function gradientOptions(engine, x, { mean, rstd }, { weight, outputMask: [, wantsWeight, wantsBias], out }) {
  const place = () => (x.resident ? engine.empty(weight.shape, weight.dtype) : hostOutput(weight));
  const places = {
    gradInput: out,
    ...(wantsWeight && { gradWeight: place() }),
    ...(wantsBias && { gradBias: place() }),
  };
  const outputMask = wantsBias === undefined ? [true, wantsWeight] : [true, wantsWeight, wantsBias];
  return { ...(mean && { mean }), rstd, weight, outputMask, out: places };
}

/**
 * A function that does an entry's work on an engine.
 *
 * @param parameters tensors by name
 */
export function callOf(engine, { op, argument, options }, x, parameters, out) {
  return calls[op](engine, x, argument, { ...options, ...parameters, out });
}

/** The tensor in which to look for the result of a call that has run. */
export function resultOf(engine, { op, argument }, x, out) {
  return op === "rowwiseMoments" ? engine.rowwiseMoments(x, argument).variance : out;
}
