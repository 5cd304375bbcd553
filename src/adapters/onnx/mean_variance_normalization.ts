import { float64 } from "../../dtype.js";
import { axesOf } from "../../ops/axes.js";
import { Tensor } from "../../tensor.js";
import { newTensor } from "../engine.js";
import { mapTiles, multiplying } from "../tiles.js";
import { spreadOver } from "./broadcast.js";
import { type Call, type Inputs, lastOnnxOpset, type Operator, type OperatorOptions, run } from "./call.js";
import { widened } from "./stash_type.js";

/** Attributes of MeanVarianceNormalization. */
export interface MeanVarianceNormalizationAttributes {
  /** The dimensions that share a mean and a variance. Default [0, 2, 3]. */
  axes?: readonly number[];
}

const signature = { inputs: ["X"], outputs: ["Y"], attributes: ["axes"] };

const operator: Operator = {
  name: "MeanVarianceNormalization",
  // In ONNX 1.3, whose opset is 8, it was a function of the same meaning.
  versions: { 8: signature, 9: signature, 13: signature },
  lastOpset: lastOnnxOpset,
};

/**
 * (X - mean) / (deviation + 1e-9), the standard deviation over any dimensions.
 *
 * @param inputs X of any shape that has the axes
 * @returns Y of X's shape; 0 where all of a group's elements are equal
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see ONNX MeanVarianceNormalization, opsets 9 and 13 (8 in ONNX 1.3); the 1e-9 is in its function body
 */
export function MeanVarianceNormalization(
  inputs: Inputs,
  attributes?: MeanVarianceNormalizationAttributes | null,
  options?: OperatorOptions,
): Tensor[] {
  return run(operator, inputs, attributes, options, meanVarianceNormalization);
}

const ADDEND = 1e-9;
/** What `standardize` adds to the variance instead: of the same size, so that the two differ little. */
const EPS = ADDEND * ADDEND;
/** Beyond it, neither is felt, and squares come near to overflow. */
const LARGE_DEVIATION = 1e30;

function meanVarianceNormalization(call: Call): Tensor[] {
  const { engine } = call;
  const x = call.tensor(0);
  const { sizes } = x;
  const axes = [...axesOf(call.name, "axes", call.attribute("axes") ?? [0, 2, 3], sizes.length)];
  const { variance } = engine.axisMoments(x, axes);
  const corrections = variance.map(correctionOf);
  // A quarter of a half-ulp moves no result.
  const least = x.dtype === "float64" ? 2 ** -55 : 2 ** -26;
  if (corrections.every((correction) => Math.abs(correction - 1) < least)) {
    return [engine.standardize(x, axes, { eps: EPS })];
  }
  return [
    engine.scope(() => {
      const standard = engine.standardize(widened(call, x), axes, { eps: EPS });
      const y = x.format.bytes === 2 ? newTensor(engine, call.name, x, sizes) : standard;
      const shape = sizes.map((size, axis) => (axes.includes(axis) ? 1 : size));
      const factor = spreadOver(call, 0, Tensor.host(corrections, shape, float64), x, sizes.length);
      mapTiles(standard, [y], [multiplying(factor, x)]);
      return y;
    }),
  ];
}

/** From division by sqrt(variance + EPS) to division by sqrt(variance) + ADDEND. */
function correctionOf(variance: number): number {
  const deviation = Math.min(Math.sqrt(variance), LARGE_DEVIATION);
  return Math.sqrt(deviation * deviation + EPS) / (deviation + ADDEND);
}
