import type { NormComparison } from "./compare.js";
import type { Affine, Halves } from "./layers/layer.js";
import { type Axis, groupCount, groupSize, isSamePartition, type Partition } from "./partition.js";
import { listOf, plural } from "./words.js";

/** What has been found out of two layers. */
type Verdict = Pick<NormComparison, "statistics" | "affine">;

/** A layer with its name, as the sentences speak of it. */
interface Named extends Halves {
  readonly name: string;
}

/** `because` of `compareNorms`: a sentence on the statistics, one on the parameters, and one on how they convert. */
export function explain(a: Named, b: Named, verdict: Verdict, shape: readonly number[]): string {
  const sentences = [explainStatistics(a, b, shape), explainAffine(a, b, verdict, shape)];
  if (verdict.affine === "a-in-b") sentences.push(explainConversion(a, b, verdict, shape));
  if (verdict.affine === "b-in-a") sentences.push(explainConversion(b, a, verdict, shape));
  return sentences.join(" ");
}

function explainStatistics(a: Named, b: Named, shape: readonly number[]): string {
  const same = isSamePartition(a.statistics, b.statistics);
  const kind = a.centred === b.centred ? kindOf(a) : "their statistics";
  const groups = same
    ? `The same elements share ${kind}: ${groupsIn(a.statistics, shape)}`
    : `Different elements share ${kind}: ${groupsIn(a.statistics, shape)}, in ${a.name}; ` +
      `${groupsIn(b.statistics, shape)}, in ${b.name}`;
  return `${groups}${explainKinds(a, b)}${explainEps(a, b, same && a.centred === b.centred)}${explainRunning(a, b)}.`;
}

function kindOf({ centred }: Halves): string {
  return centred ? "a mean and variance" : "a mean square";
}

function explainKinds(a: Named, b: Named): string {
  if (a.centred === b.centred) return "";
  return `; these are ${kindOf(a)} in ${a.name}, ${kindOf(b)} in ${b.name}`;
}

function explainEps(a: Named, b: Named, sameOtherwise: boolean): string {
  if (a.eps === b.eps) return "";
  const difference = `eps is ${epsOf(a)} in the first and ${epsOf(b)} in the second`;
  const sum = `${a.centred ? "variance" : "mean square"} + eps`;
  return sameOtherwise ? `, but ${difference}, so rstd = 1 / sqrt(${sum}) differs` : `; besides, ${difference}`;
}

export function epsOf({ eps }: Halves): string {
  return eps === null ? "the machine epsilon" : String(eps);
}

function explainRunning(a: Named, b: Named): string {
  if (!a.running && !b.running) return "";
  if (!a.running || !b.running) {
    const [tracking, other] = a.running ? [a, b] : [b, a];
    return `; in evaluation ${tracking.name} has running ones of each channel instead, ${other.name} has not`;
  }
  const momenta = [a.running.momentum, b.running.momentum].map((momentum) => momentum ?? "that of an average");
  const learnt =
    momenta[0] === momenta[1]
      ? ""
      : `, which learn with momentum ${momenta[0]} in the first and ${momenta[1]} in the second`;
  return `; in evaluation both have running ones of each channel instead${learnt}`;
}

function explainAffine(a: Named, b: Named, { statistics, affine }: Verdict, shape: readonly number[]): string {
  if (affine !== "same") {
    const end = affine === "different" ? "; in general neither converts to the other" : "";
    return `${a.name} has ${parametersOf(a.affine, shape)}; ${b.name} has ${parametersOf(b.affine, shape)}${end}.`;
  }
  if (a.affine === null) return "Neither has a scale or bias.";
  // Only between layers that share statistics is a conversion of any use.
  const values =
    statistics === "same"
      ? ", and the values carry over as they are"
      : "; with the same values the layers still differ, as their statistics do";
  return `Both have ${parametersOf(a.affine, shape)}${values}.`;
}

/** How `guest`'s parameters are written as `host`'s, which can express more, and when the way back is open. */
function explainConversion(guest: Named, host: Named, { statistics }: Verdict, shape: readonly number[]): string {
  const target = host.affine!;
  const every = repeatedOver(guest.affine, target, shape);
  const fixed = [...(guest.affine ? [] : ["scale 1"]), ...(target.bias && !guest.affine?.bias ? ["bias 0"] : [])];
  const how = [
    ...(every ? [`repeated for every ${every}`] : []),
    ...(fixed.length > 0 ? [`with ${listOf(fixed)}`] : []),
  ];
  if (statistics === "different")
    return (
      `${guest.name}'s parameters can be written as ${host.name}'s, ${how.join(" and ")}, ` +
      "but that does not make the layers equal, as their statistics differ."
    );
  const back = [...(every ? [`the same for every ${every}`] : []), ...fixed];
  return (
    `${guest.name}'s parameters convert to ${host.name}'s, ${how.join(" and ")}; ` +
    `the other way only if these are ${listOf(back)}.`
  );
}

/** The axes along which `target` has parameters of its own and `source` shares them; "" if there are none. */
function repeatedOver(source: Affine | null, target: Affine, shape: readonly number[]): string {
  return source === null ? "" : sharedOver(target, source, shape);
}

/** The axes along which `fine` has parameters of its own and `coarse` shares them, as words. */
export function sharedOver(fine: Affine, coarse: Affine, shape: readonly number[]): string {
  return listOf(namesOf(axesOnlyApart(fine.groups, coarse.groups), shape));
}

function axesOnlyApart(fine: Partition, coarse: Partition): Axis[] {
  return fine.apart.filter(({ position }) => !coarse.apart.some((axis) => axis.position === position));
}

/** `20 groups of 600 elements, one per sample` */
export function groupsIn(partition: Partition, shape: readonly number[]): string {
  const groups = `${plural(groupCount(partition), "group")} of ${plural(groupSize(partition), "element")}`;
  return partition.apart.length === 0 ? `${groups}, the whole input` : `${groups}, ${onePer(partition, shape)}`;
}

/** `6 scale and bias pairs, one per channel, each for 2000 elements` */
export function parametersOf(affine: Affine | null, shape: readonly number[]): string {
  if (affine === null) return "no scale or bias";
  const { groups, bias } = affine;
  const parameters = plural(groupCount(groups), bias ? "scale and bias pair" : "scale");
  if (groups.apart.length === 0) return `${parameters} for the whole input`;
  return `${parameters}, ${onePer(groups, shape)}, each for ${plural(groupSize(groups), "element")}`;
}

function onePer({ apart }: Partition, shape: readonly number[]): string {
  return `one per ${listOf(namesOf(apart, shape))}`;
}

/** The names of axes; all that are spatial together are a location. */
function namesOf(axes: readonly Axis[], shape: readonly number[]): string[] {
  const spatial = axes.filter(({ position }) => position >= 2);
  const allSpatial = spatial.length === shape.slice(2).filter((extent) => extent > 1).length;
  if (spatial.length === 0 || !allSpatial) return axes.map(({ name }) => name);
  return [...axes.filter(({ position }) => position < 2).map(({ name }) => name), "location"];
}
