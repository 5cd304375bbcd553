import type { NormSpec } from "../convert/index.js";

/** Sizes that layers say nothing about: more than 1, so that what is shared over them is. */
const ANY = 2;

/**
 * The shape of an input that both layers take, as far as they tell it: `[N, C, ...spatial]`. undefined where one layer
 * normalises over last axes of which the other's channels are not the first.
 */
export function shapeFor(a: NormSpec, b: NormSpec): number[] | undefined {
  const trailing = [a, b].flatMap((spec) => ("normalizedShape" in spec ? [spec.normalizedShape] : []));
  const channels = [a, b].flatMap((spec) => channelsOf(spec) ?? []);
  const longest = trailing.sort((one, other) => other.length - one.length)[0];
  if (longest === undefined)
    return [ANY, channels[0]!, ...new Array<number>(spatialAxes(a) ?? spatialAxes(b) ?? 2).fill(ANY)];
  return channels.every((count) => count === longest[0]) ? [ANY, ...longest] : undefined;
}

function channelsOf(spec: NormSpec): number | undefined {
  if ("numChannels" in spec) return spec.numChannels;
  return "numFeatures" in spec ? spec.numFeatures : undefined;
}

function spatialAxes({ op }: NormSpec): number | undefined {
  const [, axes] = /(\d)d$/.exec(op) ?? [];
  return axes === undefined ? undefined : Number(axes);
}
