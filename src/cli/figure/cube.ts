import { type Face, type Solid, solidOf } from "./solid.js";
import { line, type Point, polygon, text } from "./svg.js";
import type { Span, Tick } from "./ticks.js";

/** A colour for each of the three faces that are seen. */
export type Shades = Readonly<Record<Face["name"], string>>;

/** A tensor as a cube of cells, of which one group has a colour. */
export interface Cube {
  readonly shape: readonly number[];
  /** The number of the group that an element, by its row-major index, is in; undefined if there are none. */
  readonly groupOf: ((element: number) => number) | undefined;
  readonly shades: Shades;
}

const plain: Shades = { top: "#fbfbfb", left: "#f1f1f1", right: "#e4e4e4" };

/** The style of what `drawCube` draws. */
export const cubeStyle = `
.cell { stroke: #a8a8a8; stroke-width: 0.7; stroke-linejoin: round }
.border { stroke: #222222; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round }
.axis { font-size: 13px; fill: #444444 }
`;
const border = { class: "border" };

/** The cube around a point, as SVG elements. The coloured group is that of the nearest element: it is on every face. */
export function drawCube(cube: Cube, centre: Point): string[] {
  const solid = solidOf(cube.shape, centre);
  return [
    ...solid.faces.flatMap((face) => drawCells(face, cube, solid.nearest)),
    ...drawOutline(solid),
    ...solid.faces.flatMap((face) => [...drawBorders(face, cube), ...drawGaps(face)]),
    ...drawAxes(cube.shape, solid),
  ];
}

function drawCells(face: Face, { groupOf, shades }: Cube, nearest: number): string[] {
  const shown = groupOf?.(nearest);
  return pairsOf(face).map(([across, along]) => {
    const isShown = groupOf !== undefined && groupOf(face.elementAt(across.index, along.index)) === shown;
    return quad(face, across, along, { fill: (isShown ? shades : plain)[face.name], class: "cell" });
  });
}

/** Lines between neighbouring cells of different groups. */
function drawBorders(face: Face, { groupOf }: Cube): string[] {
  if (!groupOf) return [];
  const { across, along, at, elementAt } = face;
  const differ = (a: [Tick, Tick], b: [Tick | undefined, Tick | undefined]) =>
    b[0] && b[1] && groupOf(elementAt(a[0].index, a[1].index)) !== groupOf(elementAt(b[0].index, b[1].index));
  return pairsOf(face).flatMap(([one, other]) => {
    const nextAcross = across.cells[across.cells.indexOf(one) + 1];
    const nextAlong = along.cells[along.cells.indexOf(other) + 1];
    return [
      ...(differ([one, other], [nextAcross, other])
        ? [line(at(one.end, other.begin), at(one.end, other.end), border)]
        : []),
      ...(differ([one, other], [one, nextAlong])
        ? [line(at(one.begin, other.end), at(one.end, other.end), border)]
        : []),
    ];
  });
}

function pairsOf({ across, along }: Face): [Tick, Tick][] {
  return across.cells.flatMap((one) => along.cells.map((other): [Tick, Tick] => [one, other]));
}

/** Where indices have been left out, the cube is cut through. */
function drawGaps({ across, along, at }: Face): string[] {
  return [
    ...(across.gap ? drawCut(across.gap, along.length, (cut, along) => at(cut, along)) : []),
    ...(along.gap ? drawCut(along.gap, across.length, (cut, across) => at(across, cut)) : []),
  ];
}

function drawCut({ begin, end }: Span, length: number, at: (cut: number, beside: number) => Point): string[] {
  const margin = 0.12; // so that the outline is cut, too
  const corners = [at(begin, -margin), at(end, -margin), at(end, length + margin), at(begin, length + margin)];
  const edges = [begin, end].map((cut) => line(at(cut, 0), at(cut, length), border));
  return [polygon(corners, { fill: "#ffffff" }), ...edges];
}

function quad({ at }: Face, across: Span, along: Span, attributes: Record<string, string | number>): string {
  const { begin, end } = across;
  return polygon([at(begin, along.begin), at(end, along.begin), at(end, along.end), at(begin, along.end)], attributes);
}

function drawOutline({ ring, corner, edges }: Solid): string[] {
  return [polygon(ring, { fill: "none", ...border }), ...edges.map((end) => line(corner, end, border))];
}

function drawAxes([n, c, ...spatial]: readonly number[], { middles }: Solid): string[] {
  const locations = spatial.length === 0 ? [] : [spatialNames(spatial), spatial.join(" \u00d7 ")];
  return [
    axisName(`C = ${c}`, middles.channels, [-8, 20], "end"),
    axisName(`N = ${n}`, middles.samples, [8, 20], "start"),
    ...locations.map((line, index) => axisName(line, middles.locations, [-10, 18 * index - 4], "end")),
  ];
}

function axisName(name: string, [x, y]: Point, [dx, dy]: Point, anchor: string): string {
  return text(name, x + dx, y + dy, { class: "axis", style: `text-anchor: ${anchor}` });
}

/** `H × W =`, by the names that axes of so many have. */
function spatialNames({ length }: readonly number[]): string {
  const names = [["L"], ["H", "W"], ["D", "H", "W"]][length - 1];
  return names ? `${names.join(" \u00d7 ")} =` : "spatial axes";
}
