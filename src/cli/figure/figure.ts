import { compareNorms, formatNormSpec, type NormComparison, type NormSpec } from "../../convert/index.js";
import { epsOf, groupsIn, parametersOf } from "../../convert/explain.js";
import type { Halves } from "../../convert/layers/layer.js";
import { groupOf, isSamePartition, type Partition } from "../../convert/partition.js";
import { layerOf } from "../../convert/spec.js";
import { listOf } from "../../convert/words.js";
import { formatShape } from "../../shape.js";
import { wrap } from "../format.js";
import { cubeStyle, drawCube, type Shades } from "./cube.js";
import { isCut } from "./solid.js";
import { element, escape, line, type Point, text } from "./svg.js";

// Okabe and Ito's blue and orange, which no common colour blindness confuses, and which print as dark and light.
const blue: Shades = { top: "#4a9fd4", left: "#0072b2", right: "#00568a" };
const orange: Shades = { top: "#f7c45c", left: "#e69f00", right: "#b97d00" };

const width = 900;
const middle = width / 2;
const columns = [width / 4, (3 * width) / 4] as const;
const heading = 128;
const rowHeight = 404;
/** How far cubes are to the right of the middle: the names of their axes are on the left. */
const roomForNames = 36;
const height = heading + 2 * rowHeight + 56;

const style = `
text { font-family: Helvetica, Arial, "Liberation Sans", sans-serif; fill: #222222; font-size: 14px; text-anchor: middle }
.title { font-size: 20px; font-weight: bold }
.layer { font-size: 16px; font-weight: bold }
.row { font-size: 16px }
${cubeStyle.trimStart()}`;

/** A layer as it is drawn. */
interface Drawn extends Halves {
  readonly name: string;
}

type Pair = readonly [Drawn, Drawn];

/** What a row shows of a layer. */
interface View {
  /** undefined where there is nothing to share. */
  readonly groups: Partition | undefined;
  /** Each begins a line. */
  readonly captions: readonly string[];
}

/**
 * Two layers as an SVG picture: cubes that show which elements share statistics, above, and which share parameters, below.
 * Throws as compareNorms does.
 */
export function drawComparison(a: NormSpec, b: NormSpec, shape: readonly number[]): string {
  const comparison = compareNorms(a, b, shape);
  const layers = [drawn(a, shape), drawn(b, shape)] as const;
  const names = layers.map(({ name }) => name);
  const statistics = layers.map((layer) => ({ groups: layer.statistics, captions: statisticsCaptions(layer, shape) }));
  const parameters = layers.map(({ affine }) => ({ groups: affine?.groups, captions: [parametersOf(affine, shape)] }));
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  return `${element("svg", { xmlns: "http://www.w3.org/2000/svg", role: "img", ...size }, [
    element("title", {}, [escape(`${names.join(" and ")} on ${formatShape(shape)}`)]),
    element("desc", {}, [escape(comparison.because)]),
    element("style", {}, [style]),
    element("rect", { width, height, fill: "#ffffff" }),
    text(titleOf(comparison, shape), middle, 40, { class: "title" }),
    ...names.flatMap((name, column) => drawLines([name], [columns[column]!, 82], 44, "layer")),
    ...drawRow(heading, `Sharing statistics: ${statisticsVerdict(layers)}`, statistics, shape, blue),
    ...drawRow(heading + rowHeight, `Sharing parameters: ${affineVerdict(comparison)}`, parameters, shape, orange),
    ...drawLegend(layers, shape, height - 28),
  ])}\n`;
}

function drawn(spec: NormSpec, shape: readonly number[]): Drawn {
  return { name: formatNormSpec(spec), ...layerOf(spec).halves(spec, shape) };
}

function titleOf({ equivalent }: NormComparison, shape: readonly number[]): string {
  return `${equivalent ? "The same layer" : "Not the same layer"} on ${formatShape(shape)}`;
}

/** Where the cubes are alike and the layers are not, the picture does not show why: this says it. */
function statisticsVerdict([a, b]: Pair): string {
  const reasons = [
    ...(a.centred === b.centred ? [] : ["mean square against variance"]),
    ...(a.eps === b.eps ? [] : ["another eps"]),
    ...((a.running === null) === (b.running === null) ? [] : ["running statistics in one"]),
  ];
  const isAlike = isSamePartition(a.statistics, b.statistics);
  if (reasons.length === 0) return isAlike ? "the same in both" : "different";
  return `${isAlike ? "the same elements, but" : "different; besides,"} ${listOf(reasons)}`;
}

function affineVerdict({ statistics, affine }: NormComparison): string {
  if (affine === "same") return "the same in both";
  if (affine === "different") return "different";
  const [guest, host] = affine === "a-in-b" ? ["left", "right"] : ["right", "left"];
  return statistics === "same"
    ? `the ${guest} layer's convert to the ${host} one's`
    : `the ${host} layer's can express the ${guest} one's, which does not make the layers equal`;
}

function statisticsCaptions(layer: Drawn, shape: readonly number[]): string[] {
  const parts = [
    ...(layer.centred ? [] : ["a mean square alone"]),
    `eps = ${epsOf(layer)}`,
    ...(layer.running ? ["in evaluation, running statistics"] : []),
  ];
  return [groupsIn(layer.statistics, shape), parts.join("; ")];
}

function drawRow(
  top: number,
  title: string,
  views: readonly View[],
  shape: readonly number[],
  shades: Shades,
): string[] {
  const rule = line([40, top], [width - 40, top], { stroke: "#cccccc", "stroke-width": 1 });
  const cubes = views.flatMap(({ groups, captions }, column) => {
    const cube = { shape, groupOf: groups && ((index: number) => groupOf(groups, index)), shades };
    const x = columns[column]!;
    return [...drawCube(cube, [x + roomForNames, top + 182]), ...drawLines(captions, [x, top + 346], 52, "caption")];
  });
  return [rule, text(title, middle, top + 30, { class: "row" }), ...cubes];
}

/** Centred paragraphs, in lines of so many characters. */
function drawLines(paragraphs: readonly string[], [x, y]: Point, characters: number, kind: string): string[] {
  return paragraphs
    .flatMap((paragraph) => wrap(paragraph, characters).split("\n"))
    .map((part, index) => text(part, x, y + 19 * index, { class: kind }));
}

/** A sign and what it means. */
interface LegendEntry {
  /** The sign, from a point of the line of text on. */
  readonly sign: (x: number, y: number) => string;
  readonly signWidth: number;
  readonly label: string;
}

/** About how wide a letter is. */
const letterWidth = 6.8;

function drawLegend(layers: Pair, shape: readonly number[], y: number): string[] {
  const rule = line([40, y - 28], [width - 40, y - 28], { stroke: "#cccccc", "stroke-width": 1 });
  let x = 40;
  const drawnEntries = legendOf(layers, shape).flatMap(({ sign, signWidth, label }) => {
    const start = x + signWidth + 8;
    const parts = [sign(x, y), text(label, start, y, { style: "text-anchor: start" })];
    x = start + letterWidth * label.length + 24;
    return parts;
  });
  return [rule, ...drawnEntries];
}

/** What is in the picture, and no more. */
function legendOf(layers: Pair, shape: readonly number[]): LegendEntry[] {
  const swatch = (fill: string, label: string): LegendEntry => {
    const sign = (x: number, y: number) =>
      element("rect", { x, y: y - 12, width: 15, height: 15, fill, stroke: "#222222" });
    return { sign, signWidth: 15, label };
  };
  const border: LegendEntry = {
    sign: (x, y) => line([x, y - 5], [x + 24, y - 5], { stroke: "#222222", "stroke-width": 2 }),
    signWidth: 24,
    label: "border between groups",
  };
  const cut: LegendEntry = {
    sign: (x, y) =>
      element("path", { d: `M${x} ${y - 14} v18 M${x + 12} ${y - 14} v18`, stroke: "#222222", "stroke-width": 2 }),
    signWidth: 12,
    label: "more of the same, left out",
  };
  const parameters = parametersLabel(layers);
  return [
    swatch(blue.left, statisticsLabel(layers)),
    ...(parameters === undefined ? [] : [swatch(orange.left, parameters)]),
    border,
    ...(isCut(shape) ? [cut] : []),
  ];
}

function statisticsLabel([a, b]: Pair): string {
  if (a.centred !== b.centred) return "one set of statistics";
  return a.centred ? "one mean and variance" : "one mean square";
}

/** undefined where neither layer has any. */
function parametersLabel(layers: Pair): string | undefined {
  const biases = layers.flatMap(({ affine }) => affine ?? []).map(({ bias }) => bias);
  if (biases.length === 0) return undefined;
  if (new Set(biases).size > 1) return "one set of parameters";
  return biases[0] ? "one scale and bias" : "one scale";
}
