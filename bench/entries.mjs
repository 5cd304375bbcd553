// What there is to measure of an op: its arguments for a tensor of some shape, dtype and layout.

export const layouts = ["channels-first", "channels-last"];
const eps = 1e-5;

/** What float32 is measured beside, as far as an op has them; see cases.mjs. */
const floatPeers = ["host", "yardstick", "js", "plain"];
const otherPeers = ["host", "float32"];

/** All gradients, or that of the input alone. */
const masks = { "": [true, true, true], " input": [true, false, false] };

/**
 * One thing to measure. `argument` is what the op takes after x, `options` what it takes last, and `parameters` the sizes
 * of the tensors among its arguments. `peers` are the cases beside the resident one and memory.copy.
 *
 * @param shape of channels-first
 * @param variant { dtype, layout, peers }, where they are not the usual ones; ops without channels have no layout
 */
function entry({ label, op, detail = "", shape, argument = null, options = {}, parameters = {} }, variant = {}) {
  const { dtype = "float32", layout = null, peers = dtype === "float32" ? floatPeers : otherPeers } = variant;
  const sizes = laidOut(shape, layout);
  const unusual = [layout, dtype].filter((word) => word && word !== "channels-first" && word !== "float32");
  return {
    name: [`${label} [${sizes}]${detail}`, ...unusual].join(" "),
    op,
    dtype,
    layout,
    shape: sizes,
    argument,
    options: layout ? { ...options, layout } : options,
    parameters,
    peers,
  };
}

/** A shape of channels-first in a layout. */
function laidOut([samples, channels, ...places], layout) {
  return layout === "channels-last" ? [samples, ...places, channels] : [samples, channels, ...places];
}

export const layerNorm = (shape, variant) => {
  const n = shape.at(-1);
  const parameters = { weight: [n], bias: [n] };
  return entry({ label: "layer norm", op: "layerNorm", shape, argument: n, options: { eps }, parameters }, variant);
};

export const rmsNorm = (shape, variant) => {
  const n = shape.at(-1);
  const parameters = { weight: [n] };
  return entry({ label: "RMS norm", op: "rmsNorm", shape, argument: n, options: { eps }, parameters }, variant);
};

export const groupNorm = (groups) => (shape, variant) => {
  const parameters = { weight: [shape[1]], bias: [shape[1]] };
  const what = { label: "group norm", op: "groupNorm", detail: `/${groups}`, shape, argument: groups };
  return entry({ ...what, options: { eps }, parameters }, variant);
};

export const instanceNorm = (shape, variant) => {
  const parameters = { weight: [shape[1]], bias: [shape[1]] };
  return entry({ label: "instance norm", op: "instanceNorm", shape, options: { eps }, parameters }, variant);
};

export const batchNorm =
  ({ training }) =>
  (shape, variant) => {
    const sizes = [shape[1]];
    const parameters = { weight: sizes, bias: sizes, runningMean: sizes, runningVar: sizes };
    const what = { label: "batch norm", op: "batchNorm", detail: training ? " training" : "", shape };
    return entry({ ...what, options: { eps, training }, parameters }, variant);
  };

export const standardize = (axes) => (shape, variant) => {
  const sizes = axes.map((axis) => shape[axis]);
  const what = { label: "standardize", op: "standardize", detail: ` axes ${axes}`, shape, argument: axes };
  return entry({ ...what, options: { eps }, parameters: { weight: sizes, bias: sizes } }, variant);
};

export const normalize = (options) => (shape, variant) => {
  const detail = ` dim ${options.dim} p ${options.p}`;
  return entry({ label: "normalize", op: "normalize", detail, shape, options }, variant);
};

export const localResponseNorm = (size) => (shape, variant) => {
  const what = { label: "local response norm", op: "localResponseNorm", detail: `/${size}`, shape, argument: size };
  return entry(what, variant);
};

export const rowwiseMoments = (shape, variant) => {
  return entry({ label: "rowwise moments", op: "rowwiseMoments", shape, argument: shape.at(-1) }, variant);
};

export const affineGlobal = (shape, variant) => {
  const parameters = { scale: [shape[1]], bias: [shape[1]] };
  return entry({ label: "affine global", op: "affineGlobal", shape, parameters }, variant);
};

export const affineVectorized = (shape, variant) => {
  const [rows, n] = shape;
  const parameters = { scale: [rows], bias: [rows], gamma: [n], beta: [n] };
  return entry({ label: "affine vectorized", op: "affineVectorized", shape, parameters }, variant);
};

/** Gradients of rows; `what` is " input" for that of the input alone. */
const gradientsOfRows =
  (label, op) =>
  (what = "") =>
  (shape, variant) => {
    const n = shape.at(-1);
    const parameters = { gradOutput: shape, weight: [n] };
    const named = { label: `${label} backward${what}`, op, shape, argument: n };
    return entry({ ...named, options: { outputMask: masks[what] }, parameters }, variant);
  };

export const layerNormBackward = gradientsOfRows("layer norm", "layerNormBackward");
export const rmsNormBackward = gradientsOfRows("RMS norm", "rmsNormBackward");

/** Likewise of channels. */
const gradientsOfChannels =
  ({ label, what = "", options, ...named }) =>
  (shape, variant) => {
    const parameters = { gradOutput: laidOut(shape, variant?.layout), weight: [shape[1]] };
    const outputMask = masks[what];
    return entry(
      { ...named, label: `${label} backward${what}`, shape, options: { ...options, outputMask }, parameters },
      variant,
    );
  };

export const groupNormBackward = (groups, what) => {
  const named = { label: "group norm", op: "groupNormBackward", detail: `/${groups}`, argument: groups };
  return gradientsOfChannels({ ...named, what });
};

export const instanceNormBackward = gradientsOfChannels({ label: "instance norm", op: "instanceNormBackward" });

export const batchNormBackward = ({ training }, what) => {
  const named = { label: "batch norm", op: "batchNormBackward", detail: training ? " training" : "" };
  return gradientsOfChannels({ ...named, what, options: { training } });
};

export const normalizeBackward = (options) => (shape, variant) => {
  const named = { label: "normalize backward", op: "normalizeBackward", detail: ` dim ${options.dim} p ${options.p}` };
  return entry({ ...named, shape, options, parameters: { gradOutput: shape } }, variant);
};

export const localResponseNormBackward = (size) => (shape, variant) => {
  const named = { label: "local response norm backward", op: "localResponseNormBackward", detail: `/${size}` };
  return entry(
    { ...named, shape, argument: size, parameters: { gradOutput: laidOut(shape, variant?.layout) } },
    variant,
  );
};

/** The number of elements of a shape. */
export function sizeOf(shape) {
  return shape.reduce((product, extent) => product * extent, 1);
}

const bytesPerElement = { float32: 4, float64: 8, float16: 2, bfloat16: 2 };

/** The bytes of an entry's x. */
export function bytesOf({ dtype, shape }) {
  return bytesPerElement[dtype] * sizeOf(shape);
}

/**
 * The least that an op moves: it reads every element once, and writes as many, but for moments; backward reads those of
 * gradOutput, too.
 */
export function bytesMoved(entry) {
  const times = entry.op === "rowwiseMoments" ? 1 : entry.op.endsWith("Backward") ? 3 : 2;
  return times * bytesOf(entry);
}
