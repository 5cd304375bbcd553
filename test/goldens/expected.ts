import { referenceGroupNorm, referenceLayerNorm, type Reference } from "../support/oracle.js";
import type { Golden } from "./load.js";

/** What the tests' own oracle says of a golden's input. */
export function oracleReference(golden: Golden): Reference {
  const { shape, eps, input } = golden;
  if (golden.op === "layerNorm") {
    const lead = shape.length - golden.normalizedShape.length;
    return referenceLayerNorm(input, product(golden.normalizedShape), product(shape.slice(0, lead)), eps, golden);
  }
  const [batch, channels, ...spatial] = shape;
  const grouped = { batch, channels, spatial: product(spatial), groups: golden.numGroups };
  return referenceGroupNorm(input, grouped, eps, golden);
}

/** Results of a golden as a reference to measure against, in the oracle's scale. */
export function asReference(golden: Golden, results: Golden["reference"] | Golden["torch"]): Reference {
  return {
    ...oracleReference(golden),
    output: Float64Array.from(results.output),
    mean: Float64Array.from(results.mean),
    rstd: Float64Array.from(results.rstd),
  };
}

export function title(golden: Golden): string {
  const where = golden.op === "layerNorm" ? `over [${golden.normalizedShape}]` : `in ${golden.numGroups} groups`;
  const parameters = [golden.weight && "weight", golden.bias && "bias"].filter(Boolean).join(" and ");
  return `${golden.op} of [${golden.shape}] ${where}, eps ${golden.eps}, ${parameters || "no parameters"}: ${golden.data}`;
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((size, extent) => size * extent, 1);
}
