import type { NormSpec } from "../convert/index.js";

/** Sizes that layers say nothing about: more than 1, so that what is shared over them is. */
const ANY = 2;

/**
 * The shape of an input that both layers take, as far as they tell it: `[N, C, ...spatial]`. How many samples and locations
 * there are makes no difference between two layers of channels, which share parameters over them, nor do axes before the
 * last ones between two layers over these. Between one of each kind they make all the difference, and only a layer over
 * `[C, ...spatial]` tells them; one over C alone may as well be for inputs whose channels are last. undefined for others.
 */
export function shapeFor(a: NormSpec, b: NormSpec): number[] | undefined {
  const trailing = [a, b].flatMap((spec) => ("normalizedShape" in spec ? [spec.normalizedShape] : []));
  const channels = [a, b].flatMap((spec) => channelsOf(spec) ?? []);
  const axes = spatialAxes(a) ?? spatialAxes(b);
  const longest = trailing.sort((one, other) => other.length - one.length)[0];
  if (longest === undefined) return [ANY, channels[0]!, ...new Array<number>(axes ?? 2).fill(ANY)];
  if (channels.length === 0) return [ANY, ...longest];
  const [first, ...spatial] = longest;
  const isTold = first === channels[0] && spatial.length > 0 && spatial.length === (axes ?? spatial.length);
  return isTold ? [ANY, ...longest] : undefined;
}

function channelsOf(spec: NormSpec): number | undefined {
  if ("numChannels" in spec) return spec.numChannels;
  return "numFeatures" in spec ? spec.numFeatures : undefined;
}

function spatialAxes({ op }: NormSpec): number | undefined {
  const [, axes] = /(\d)d$/.exec(op) ?? [];
  return axes === undefined ? undefined : Number(axes);
}
