import { describe, expect, it } from "vitest";
import { run } from "../../src/cli/run.js";
import { capture } from "./support.js";

async function compare(...argv: string[]) {
  const environment = capture();
  const code = await run(["compare", ...argv], environment);
  return { code, output: environment.output().toString(), errors: environment.errors() };
}

describe("compare", () => {
  it("answers the question the project began with", async () => {
    const { code, output, errors } = await compare(
      "GroupNorm(1, 6)",
      "LayerNorm([6, 10, 10])",
      "--shape",
      "20,6,10,10",
    );
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    const [title, , statistics, affine, equivalent, , ...lines] = output.trimEnd().split("\n");
    const because = lines.join(" ");
    expect(title).toBe("GroupNorm(1, 6) and LayerNorm([6, 10, 10]) on [20, 6, 10, 10]");
    expect([statistics, affine, equivalent]).toEqual(["statistics   same", "affine       a-in-b", "equivalent   no"]);
    expect(because).toMatch(/\.$/);
  });

  it("says yes when they are the same", async () => {
    const { output } = await compare("nn.LayerNorm(768)", "LayerNorm([768], eps=1e-5)", "--shape", "4,768");
    expect(output).toContain("equivalent   yes\n");
  });

  it("--json prints what compareNorms returns, and what was asked", async () => {
    const { output } = await compare("GroupNorm(2, 6)", "LayerNorm([6, 4])", "--shape", "[3, 6, 4]", "--json");
    expect(JSON.parse(output)).toEqual({
      a: "GroupNorm(2, 6)",
      b: "LayerNorm([6, 4])",
      shape: [3, 6, 4],
      statistics: "different",
      affine: "a-in-b",
      equivalent: false,
      because: expect.any(String),
    });
  });

  it("knows the whole family", async () => {
    const { output } = await compare("BatchNorm2d(6)", "InstanceNorm2d(6)", "--shape", "3,6,4,4");
    expect(output).toContain("statistics   different\naffine       b-in-a\nequivalent   no\n");
  });

  it("fails where the layers do not fit the shape", async () => {
    const { code, output, errors } = await compare("GroupNorm(1, 6)", "LayerNorm(10)", "--shape", "20,7,10");
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors).toBe(
      "lanenorm: compare: --shape must have 6 channels at axis 1 for GroupNorm(1, 6), got [20, 7, 10]\n",
    );
  });

  it("speaks of arguments as they are typed", async () => {
    const { errors } = await compare("LayerNorm(6)", "LayerNorm(6)", "--shape", "20,7");
    expect(errors).toMatch(/--shape must end in the normalized_shape \[6\] for LayerNorm\(6\), got \[20, 7\]\n$/);
  });
});
