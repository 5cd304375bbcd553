import fc from "fast-check";
import type { NormSpec } from "../../src/convert/index.js";
import { sizeOf } from "../../src/shape.js";

/** What the function returns, or the error it throws. */
export function outcomeOf<Result>(run: () => Result): Result | Error {
  try {
    return run();
  } catch (error) {
    return error as Error;
  }
}

/** Two specs and a small shape that both take. Sizes of 1 are frequent; so are equal channel and location sizes. */
export const fittingSpecs: fc.Arbitrary<{ a: NormSpec; b: NormSpec; shape: number[] }> = fc
  .tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.constantFrom(1, 2, 3, 4, 6, 12),
    fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
  )
  .chain(([batch, channels, spatial]) => {
    const shape = [batch, channels, ...spatial];
    return fc.record({ a: fittingSpec(shape), b: fittingSpec(shape), shape: fc.constant(shape) });
  });

function fittingSpec(shape: readonly number[]): fc.Arbitrary<NormSpec> {
  const divisors = Array.from({ length: shape[1] }, (_, index) => index + 1).filter((n) => shape[1] % n === 0);
  const eps = fc.constantFrom(undefined, undefined, 1e-5, 1e-3);
  const usuallyOn = fc.constantFrom(undefined, undefined, true, false);
  const groupNorm = fc.record({
    op: fc.constant("groupNorm" as const),
    numGroups: fc.constantFrom(...divisors),
    numChannels: fc.constant(shape[1]),
    eps,
    affine: usuallyOn,
  });
  const layerNorm = fc.record({
    op: fc.constant("layerNorm" as const),
    normalizedShape: fc.integer({ min: 1, max: shape.length }).map((rank) => shape.slice(-rank)),
    eps,
    elementwiseAffine: usuallyOn,
    bias: usuallyOn,
  });
  const rmsNorm = fc.record({
    op: fc.constant("rmsNorm" as const),
    normalizedShape: fc.integer({ min: 1, max: shape.length }).map((rank) => shape.slice(-rank)),
    eps: fc.constantFrom(undefined, null, 1e-5),
    elementwiseAffine: usuallyOn,
  });
  const running = {
    numFeatures: fc.constant(shape[1]),
    eps,
    affine: fc.constantFrom(undefined, true, false),
    trackRunningStats: fc.constantFrom(undefined, true, false),
  };
  const dimensions = Math.max(1, shape.length - 2);
  const batchNorm = fc.record({
    op: fc.constant(`batchNorm${dimensions}d` as "batchNorm1d"),
    momentum: fc.constantFrom(undefined, null, 0.5),
    ...running,
  });
  const instanceNorm = fc.record({
    op: fc.constant(`instanceNorm${dimensions}d` as "instanceNorm1d"),
    momentum: fc.constantFrom(undefined, 0.5),
    ...running,
  });
  return fc.oneof(groupNorm, layerNorm, rmsNorm, batchNorm, ...(shape.length > 2 ? [instanceNorm] : []));
}

/** PyTorch's definitions, element by element: the number of the statistics and of the parameters each element uses. */
export function groupsByDefinition(
  spec: NormSpec,
  shape: readonly number[],
): { statistics: number[]; parameters: number[] } {
  const elements = Array.from({ length: sizeOf(shape) }, (_, index) => index);
  if ("normalizedShape" in spec) {
    const row = sizeOf(spec.normalizedShape);
    return { statistics: elements.map((i) => Math.floor(i / row)), parameters: elements.map((i) => i % row) };
  }
  const locations = sizeOf(shape.slice(2));
  const channelOf = (i: number): number => Math.floor(i / locations) % shape[1];
  const sampleOf = (i: number): number => Math.floor(i / locations / shape[1]);
  const statisticsOf = (i: number): number => {
    if (spec.op.startsWith("batch")) return channelOf(i);
    const groups = spec.op === "groupNorm" ? spec.numGroups : shape[1];
    return sampleOf(i) * groups + Math.floor(channelOf(i) / (shape[1] / groups));
  };
  return { statistics: elements.map(statisticsOf), parameters: elements.map(channelOf) };
}

/** By enumeration: do elements with the same number in `fine` always have the same number in `coarse`? */
export function refinesByEnumeration(fine: readonly number[], coarse: readonly number[]): boolean {
  const numberOf = new Map<number, number>();
  return fine.every((group, index) => {
    if (!numberOf.has(group)) numberOf.set(group, coarse[index]);
    return numberOf.get(group) === coarse[index];
  });
}
