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

/** What is to be read. */
function wordsOf(svg: string): string {
  return svg
    .replace(/<(title|desc|style)>.*?<\/\1>/gs, "")
    .replace(/<[^<>]*>/g, " ")
    .replace(/\s+/g, " ");
}

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
    const words = wordsOf(svg);
    for (const caption of [
      "20 groups of 6 elements, one per sample a mean square alone; eps = the machine epsilon",
      "6 groups of 20 elements, one per channel eps = 0.00001; in evaluation, running statistics",
      "6 scales, one per channel, each for 20 elements",
    ])
      expect(words).toContain(caption);
    expect(draw("GroupNorm(1, 6)", "LayerNorm(6)", [20, 6])).toContain("The same layer on [20, 6]");
    const volume = draw("GroupNorm(1, 6)", "GroupNorm(1, 6)", [2, 6, 3, 4, 5]);
    expect(volume).toMatch(/>D \u00d7 H \u00d7 W =<.*>3 \u00d7 4 \u00d7 5</);
  });

  it.each([
    ["LayerNorm(6)", "LayerNorm(6, eps=0.1)", "Sharing statistics: the same elements, but another eps "],
    ["RMSNorm(6)", "RMSNorm(6, eps=0.1)", "Sharing statistics: the same elements, but another eps "],
    [
      "RMSNorm(6, eps=1e-5)",
      "LayerNorm(6)",
      "Sharing statistics: the same elements, but mean square against variance ",
    ],
    ["GroupNorm(2, 6)", "GroupNorm(3, 6, eps=0.1)", "Sharing statistics: different; besides, another eps "],
    ["LayerNorm(6)", "BatchNorm1d(6)", "Sharing statistics: different; besides, running statistics in one "],
    ["GroupNorm(2, 6)", "GroupNorm(3, 6)", "Sharing statistics: different C = 6 "],
    ["GroupNorm(2, 6)", "GroupNorm(2, 6)", "Sharing statistics: the same in both "],
  ])("says why %s and %s are not alike where the cubes do not show it", (a, b, verdict) => {
    expect(wordsOf(draw(a, b, [1, 6]))).toContain(verdict);
  });

  it("promises a conversion only where it makes the layers equal", () => {
    const of = (a: string, b: string) => /Sharing parameters: [^<]*/.exec(draw(a, b, [20, 6, 4]))?.[0];
    expect(of("GroupNorm(1, 6)", "LayerNorm([6, 4])")).toBe(
      "Sharing parameters: the left layer's convert to the right one's",
    );
    expect(of("GroupNorm(2, 6)", "LayerNorm([6, 4])")).toBe(
      "Sharing parameters: the right layer's can express the left one's, which does not make the layers equal",
    );
  });

  it("has a legend of what is in it, and no more", () => {
    const legend = (a: string, b: string, shape: number[]) =>
      wordsOf(draw(a, b, shape).replace(/.*<line x1="40"/s, '<line x1="40"')).trim();
    expect(legend("GroupNorm(1, 6)", "LayerNorm([6, 10, 10])", [20, 6, 10, 10])).toBe(
      "one mean and variance one scale and bias border between groups more of the same, left out",
    );
    expect(legend("RMSNorm(6)", "RMSNorm(6)", [4, 6])).toBe("one mean square one scale border between groups");
    expect(legend("RMSNorm(6)", "LayerNorm(6)", [4, 6])).toBe(
      "one set of statistics one set of parameters border between groups",
    );
    expect(legend("InstanceNorm1d(6)", "GroupNorm(6, 6, affine=False)", [4, 6, 6])).toBe(
      "one mean and variance border between groups",
    );
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
        for (const [, x, label] of svg.matchAll(/<text x="([\d.]+)"[^>]*anchor: start">([^<]*)/g))
          expect(Number(x) + 6.5 * label.length).toBeLessThan(870); // about as wide as it is
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
