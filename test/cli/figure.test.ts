import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawComparison } from "../../src/cli/figure/figure.js";
import { ticksOf } from "../../src/cli/figure/ticks.js";
import { run } from "../../src/cli/run.js";
import { type NormSpec, parseNormSpec } from "../../src/convert/index.js";
import { fittingSpecs } from "../convert/support.js";
import { capture, temporaryFolder } from "./support.js";

const folder = temporaryFolder();
const draw = (a: string, b: string, shape: number[]) => drawComparison(parseNormSpec(a), parseNormSpec(b), shape);

/** The middle shade of a colour: cells of the left faces. */
const [blue, orange] = ["#0072b2", "#e69f00"];

/** How many cells of left faces have a colour, in the left and in the right column. */
function cellsOf(svg: string, fill: string): [number, number] {
  const cells = [...svg.matchAll(/<polygon points="([\d.]+),[^>]*fill="(#\w+)"/g)].filter(
    ([, , colour]) => colour === fill,
  );
  const left = cells.filter(([, x]) => Number(x) < 450).length;
  return [left, cells.length - left];
}

describe("the picture of a comparison", () => {
  it("colours the elements that share with the nearest one", () => {
    // 6 channels, all shown; 100 locations, of which 6 are shown.
    const svg = draw("GroupNorm(1, 6)", "LayerNorm([6, 10, 10])", [20, 6, 10, 10]);
    expect(cellsOf(svg, blue)).toEqual([36, 36]); // all of a sample
    expect(cellsOf(svg, orange)).toEqual([6, 1]); // a channel; an element
    expect(cellsOf(draw("BatchNorm2d(6)", "GroupNorm(2, 6)", [20, 6, 10, 10]), blue)).toEqual([6, 18]);
    expect(cellsOf(draw("InstanceNorm2d(6)", "LayerNorm(10)", [20, 6, 10, 10]), blue)).toEqual([6, 3]);
    expect(cellsOf(draw("InstanceNorm2d(6)", "LayerNorm(10)", [20, 6, 10, 10]), orange)).toEqual([0, 6]);
  });

  it("says what it shows, for people and for screen readers", () => {
    const svg = draw("RMSNorm(6)", "BatchNorm1d(6)", [20, 6]);
    for (const part of [
      "<title>RMSNorm(6) and BatchNorm1d(6) on [20, 6]</title>",
      'role="img"',
      "Not the same layer on [20, 6]",
      "Sharing statistics: different",
      ">C = 6<",
      ">N = 20<",
    ])
      expect(svg).toContain(part);
    const words = svg.replace(/<[^<>]*>/g, " ").replace(/\s+/g, " ");
    for (const caption of [
      "20 groups of 6 elements, one per sample; a mean square alone",
      "6 groups of 20 elements, one per channel; in evaluation, running statistics",
      "6 scales, one per channel, each for 20 elements",
    ])
      expect(words).toContain(caption);
    expect(draw("GroupNorm(1, 6)", "LayerNorm(6)", [20, 6])).toContain("The same layer on [20, 6]");
    const volume = draw("GroupNorm(1, 6)", "GroupNorm(1, 6)", [2, 6, 3, 4, 5]);
    expect(volume).toMatch(/>D \u00d7 H \u00d7 W =<.*>3 \u00d7 4 \u00d7 5</);
  });

  it("in docs is what is drawn today", () => {
    const file = new URL("../../docs/equivalence.svg", import.meta.url);
    const svg = draw("GroupNorm(1, 6)", "LayerNorm([6, 10, 10])", [20, 6, 10, 10]);
    expect(readFileSync(file, "utf8")).toBe(svg);
  });

  it("is well-formed and inside its frame for any two layers", () => {
    fc.assert(
      fc.property(fittingSpecs, ({ a, b, shape }) => {
        const svg = drawComparison(a, b, shape);
        expect(svg).not.toMatch(/NaN|undefined|Infinity/);
        expectWellFormed(svg);
        for (const [, points] of svg.matchAll(/points="([^"]*)"/g))
          for (const [x, y] of points.split(" ").map((point) => point.split(",").map(Number))) {
            expect(x).toBeGreaterThan(0);
            expect(x).toBeLessThan(900);
            expect(y).toBeGreaterThan(0);
            expect(y).toBeLessThan(960);
          }
      }),
      { numRuns: 200 },
    );
  });

  it("of enormous tensors is as quick and as small", () => {
    const svg = draw("GroupNorm(32, 4096)", "LayerNorm([4096, 1024, 1024])", [512, 4096, 1024, 1024]);
    expect(svg.length).toBeLessThan(150_000);
  });

  it("throws what compareNorms does", () => {
    const spec: NormSpec = { op: "groupNorm", numGroups: 1, numChannels: 6 };
    expect(() => drawComparison(spec, spec, [20, 7])).toThrow(/^compareNorms: shape must have 6 channels/);
  });
});

/** Every element that begins ends, in order, and no text has a bare bracket. */
function expectWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, close, name, empty] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (close) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name);
  }
  expect(open).toEqual([]);
  expect(svg.replace(/<[^<>]*>/g, "")).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;)/);
}

describe("ticksOf", () => {
  it("shows a short axis whole, and the ends of a long one", () => {
    expect(ticksOf(3, 4)).toMatchObject({ length: 3, gap: undefined });
    const { cells, gap, length } = ticksOf(100, 5);
    expect(cells.map(({ index }) => index)).toEqual([0, 1, 2, 98, 99]);
    expect(gap!.begin).toBe(cells[2].end);
    expect(gap!.end).toBe(cells[3].begin);
    expect(length).toBe(cells[4].end);
  });
});

describe("compare --svg", () => {
  const argv = ["compare", "GroupNorm(1, 6)", "LayerNorm([6, 4])", "--shape", "3,6,4", "--svg"];

  it("writes the picture beside the answer", async () => {
    const environment = capture(folder.path);
    expect(await run([...argv, "p.svg"], environment)).toBe(0);
    expect(environment.output().toString()).toContain("equivalent   no");
    expect(environment.errors()).toBe("drew both layers -> p.svg\n");
    expect(readFileSync(join(folder.path, "p.svg"), "utf8")).toBe(
      draw("GroupNorm(1, 6)", "LayerNorm([6, 4])", [3, 6, 4]),
    );
    expect(readdirSync(folder.path)).toEqual(["p.svg"]);
  });

  it("or on standard output, where it is alone", async () => {
    const environment = capture(folder.path);
    expect(await run([...argv, "-"], environment)).toBe(0);
    expect(environment.output().toString()).toBe(draw("GroupNorm(1, 6)", "LayerNorm([6, 4])", [3, 6, 4]));
    expect(environment.errors()).toMatch(/equivalent   no\n[^]*\ndrew both layers -> standard output\n$/);
  });

  it("--json says where it is", async () => {
    const environment = capture(folder.path);
    expect(await run([...argv, "p.svg", "--json"], environment)).toBe(0);
    expect(JSON.parse(environment.output().toString())).toMatchObject({ equivalent: false, svg: "p.svg" });
    expect(environment.errors()).toBe("");
  });

  it("fails where it cannot be written, and writes nothing where layers do not fit", async () => {
    const environment = capture(folder.path);
    expect(await run([...argv, "none/p.svg"], environment)).toBe(1);
    expect(environment.errors()).toMatch(/^lanenorm: compare: --svg none\/p.svg must be a file that can be written/);
    expect(
      await run(
        ["compare", "GroupNorm(1, 6)", "LayerNorm(5)", "--shape", "3,6,4", "--svg", "p.svg"],
        capture(folder.path),
      ),
    ).toBe(1);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});
