import { ShapeError } from "../errors.js";
import { formatShape, sizeOf } from "../shape.js";
import { explain } from "./explain.js";
import { formatNormSpec } from "./format.js";
import { requireShape } from "./kinds.js";
import type { Affine, Halves } from "./layers/layer.js";
import { isSamePartition, refines } from "./partition.js";
import { layerOf, type NormSpec, requireNormSpec } from "./spec.js";

const functionName = "compareNorms";

/** How two layers relate; see `compareNorms`. */
export interface NormComparison {
  readonly statistics: "same" | "different";
  readonly affine: "same" | "a-in-b" | "b-in-a" | "different";
  /** Both "same": with the same parameter values, the layers compute the same function of every input of the shape. */
  readonly equivalent: boolean;
  /** The reason, in one to three sentences. */
  readonly because: string;
}

/**
 * When are two normalisation layers the same? A layer is one reduction and one map: which elements share statistics, and
 * which share a scale and bias. The two are compared separately, on an input of `shape`, channels first: `[N, C, ...spatial]`.
 *
 * - `statistics` are the mean and rstd = 1 / sqrt(variance + eps), or of RMS norm rstd = 1 / sqrt(mean square + eps) alone:
 *   "same" when both layers divide the elements into the same groups, compute the same of them, have the same eps, and in
 *   evaluation both or neither use running statistics instead. A momentum makes no difference here, but is mentioned.
 * - `affine` is "same" when the same elements share parameters, "a-in-b" when all that a's parameters can express, b's can
 *   too (they convert one way), "b-in-a" the other way round, and "different" when neither holds. A layer without a scale or
 *   bias expresses only 1 or 0.
 *
 * The answer is exact for sizes of 1 too, and takes no longer for large shapes.
 *
 * @throws ArgumentError if a or b is not a spec PyTorch's constructor would take.
 * @throws ShapeError if the shape is not one, has fewer than two axes, or is not one that both layers take.
 */
export function compareNorms(a: NormSpec, b: NormSpec, shape: readonly number[]): NormComparison {
  requireNormSpec(functionName, "a", a);
  requireNormSpec(functionName, "b", b);
  checkShape(shape);
  const aHalves = halvesOf(a, shape);
  const bHalves = halvesOf(b, shape);
  const statistics = compareStatistics(aHalves, bHalves);
  const affine = compareAffine(aHalves.affine, bHalves.affine);
  return {
    statistics,
    affine,
    equivalent: statistics === "same" && affine === "same",
    because: explain(
      { name: formatNormSpec(a), ...aHalves },
      { name: formatNormSpec(b), ...bHalves },
      { statistics, affine },
      shape,
    ),
  };
}

function compareStatistics(a: Halves, b: Halves): NormComparison["statistics"] {
  const sameKind = a.centred === b.centred && a.eps === b.eps && (a.running === null) === (b.running === null);
  return sameKind && isSamePartition(a.statistics, b.statistics) ? "same" : "different";
}

function compareAffine(a: Affine | null, b: Affine | null): NormComparison["affine"] {
  const aInB = isExpressibleBy(a, b);
  const bInA = isExpressibleBy(b, a);
  if (aInB && bInA) return "same";
  if (aInB) return "a-in-b";
  return bInA ? "b-in-a" : "different";
}

/** Can the parameters of `host` be set to do what any parameters of `guest` do? */
function isExpressibleBy(guest: Affine | null, host: Affine | null): boolean {
  if (guest === null) return true;
  if (host === null) return false;
  return refines(host.groups, guest.groups) && (host.bias || !guest.bias);
}

function checkShape(shape: readonly number[]): void {
  requireShape(functionName, "shape", shape);
  if (shape.length < 2) throw new ShapeError(functionName, "shape", "must be [N, C, ...spatial]", formatShape(shape));
  // Beyond 2^53 the strides would be rounded and the answer a guess.
  if (!Number.isSafeInteger(sizeOf(shape)))
    throw new ShapeError(functionName, "shape", "must have at most 2^53 - 1 elements", formatShape(shape));
}

function halvesOf(spec: NormSpec, shape: readonly number[]): Halves {
  const layer = layerOf(spec);
  const misfit = layer.misfit(spec, shape);
  if (misfit !== undefined)
    throw new ShapeError(functionName, "shape", `${misfit} for ${formatNormSpec(spec)}`, formatShape(shape));
  return layer.halves(spec, shape);
}
