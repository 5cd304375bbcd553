import { compareNorms, formatNormSpec, type NormComparison, type NormSpec } from "../../convert/index.js";
import { groupsIn, parametersOf } from "../../convert/explain.js";
import type { Halves } from "../../convert/layers/layer.js";
import { groupOf, type Partition } from "../../convert/partition.js";
import { layerOf } from "../../convert/spec.js";
import { formatShape } from "../../shape.js";
import { wrap } from "../format.js";
import { cubeStyle, drawCube, type Shades } from "./cube.js";
import { element, escape, line, type Point, text } from "./svg.js";

// Okabe and Ito's blue and orange, which no common colour blindness confuses, and which print as dark and light.
const blue: Shades = { top: "#4a9fd4", left: "#0072b2", right: "#00568a" };
const orange: Shades = { top: "#f7c45c", left: "#e69f00", right: "#b97d00" };

const width = 900;
const middle = width / 2;
const columns = [width / 4, (3 * width) / 4] as const;
const heading = 128;
const rowHeight = 388;
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

/** What a row shows of a layer. */
interface View {
  /** undefined where there is nothing to share. */
  readonly groups: Partition | undefined;
  readonly caption: string;
}

/**
 * Two layers as an SVG picture: cubes that show which elements share statistics, above, and which share parameters, below.
 * Throws as compareNorms does.
 */
export function drawComparison(a: NormSpec, b: NormSpec, shape: readonly number[]): string {
  const comparison = compareNorms(a, b, shape);
  const layers = [a, b].map((spec) => ({ name: formatNormSpec(spec), ...layerOf(spec).halves(spec, shape) }));
  const names = layers.map(({ name }) => name);
  const statistics = layers.map((layer) => ({ groups: layer.statistics, caption: statisticsCaption(layer, shape) }));
  const parameters = layers.map(({ affine }) => ({ groups: affine?.groups, caption: parametersOf(affine, shape) }));
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  return `${element("svg", { xmlns: "http://www.w3.org/2000/svg", role: "img", ...size }, [
    element("title", {}, [escape(`${names.join(" and ")} on ${formatShape(shape)}`)]),
    element("desc", {}, [escape(comparison.because)]),
    element("style", {}, [style]),
    element("rect", { width, height, fill: "#ffffff" }),
    text(titleOf(comparison, shape), middle, 40, { class: "title" }),
    ...names.flatMap((name, column) => drawLines(name, [columns[column]!, 82], 44, "layer")),
    ...drawRow(heading, `Sharing statistics: ${statisticsVerdict(comparison)}`, statistics, shape, blue),
    ...drawRow(heading + rowHeight, `Sharing parameters: ${affineVerdict(comparison)}`, parameters, shape, orange),
    ...drawLegend(height - 28),
  ])}\n`;
}

function titleOf({ equivalent }: NormComparison, shape: readonly number[]): string {
  return `${equivalent ? "The same layer" : "Not the same layer"} on ${formatShape(shape)}`;
}

function statisticsVerdict({ statistics }: NormComparison): string {
  return statistics === "same" ? "the same in both" : "different";
}

function affineVerdict({ affine }: NormComparison): string {
  if (affine === "same") return "the same in both";
  if (affine === "different") return "different";
  return affine === "a-in-b"
    ? "the left layer's convert to the right one's"
    : "the right layer's convert to the left one's";
}

function statisticsCaption({ statistics, centred, running }: Drawn, shape: readonly number[]): string {
  const kind = centred ? "" : "; a mean square alone";
  const evaluation = running ? "; in evaluation, running statistics" : "";
  return `${groupsIn(statistics, shape)}${kind}${evaluation}`;
}

function drawRow(
  top: number,
  title: string,
  views: readonly View[],
  shape: readonly number[],
  shades: Shades,
): string[] {
  const rule = line([40, top], [width - 40, top], { stroke: "#cccccc", "stroke-width": 1 });
  const cubes = views.flatMap(({ groups, caption }, column) => {
    const cube = { shape, groupOf: groups && ((index: number) => groupOf(groups, index)), shades };
    const x = columns[column]!;
    return [...drawCube(cube, [x + roomForNames, top + 182]), ...drawLines(caption, [x, top + 346], 52, "caption")];
  });
  return [rule, text(title, middle, top + 30, { class: "row" }), ...cubes];
}

/** Centred text, in lines of so many characters. */
function drawLines(content: string, [x, y]: Point, characters: number, kind: string): string[] {
  return wrap(content, characters)
    .split("\n")
    .map((part, index) => text(part, x, y + 19 * index, { class: kind }));
}

function drawLegend(y: number): string[] {
  const swatch = (x: number, fill: string) =>
    element("rect", { x, y: y - 12, width: 15, height: 15, fill, stroke: "#222222" });
  const label = (content: string, x: number) => text(content, x, y, { style: "text-anchor: start" });
  return [
    line([40, y - 28], [width - 40, y - 28], { stroke: "#cccccc", "stroke-width": 1 }),
    swatch(40, blue.left),
    label("one mean and variance", 63),
    swatch(240, orange.left),
    label("one scale and bias", 263),
    line([410, y - 5], [434, y - 5], { stroke: "#222222", "stroke-width": 2 }),
    label("border between groups", 442),
    element("path", { d: `M618 ${y - 14} v18 M630 ${y - 14} v18`, stroke: "#222222", "stroke-width": 2 }),
    label("more of the same, left out", 642),
  ];
}
