import { compareNorms, type NormComparison, type NormSpec } from "../convert/index.js";
import { formatShape } from "../shape.js";
import { parseCommandLine, parseShape, required, takePositionals } from "./arguments.js";
import type { Command, Environment } from "./environment.js";
import { drawComparison } from "./figure/figure.js";
import { prepareOutput } from "./files/output.js";
import { writeAt } from "./files/positioned.js";
import { wrap } from "./format.js";
import { parseLayer } from "./layer_argument.js";
import { inCommand } from "./layer_error.js";
import { print } from "./print.js";

const name = "compare";
const summary = "Say when two normalisation layers are the same";

export const compare: Command = {
  name,
  summary,
  help: `Usage: lanenorm compare <layer> <layer> --shape <sizes>

${summary}.
Layers are written as in PyTorch.

  lanenorm compare 'GroupNorm(1, 6)' 'LayerNorm([6, 10, 10])' --shape 20,6,10,10

Options:
  --shape <n,..>            The shape of the input both are given. Required
  --svg <file>              Draw it: which elements share statistics and parameters
  --json                    Print the comparison for machines
  -h, --help                This help

statistics   same: the two compute the same means and variances
affine       same: weight and bias mean the same; a-in-b: what the first layer's can
             express, the second's can too; b-in-a: the other way; different: neither
equivalent   yes: both are the same

Layers that are not equivalent are an answer, too: the exit code is 0.
`,

  async run(argv, environment) {
    const options = { shape: { type: "string" }, svg: { type: "string" }, json: { type: "boolean" } } as const;
    const { values, positionals } = parseCommandLine(argv, options);
    const [a, b] = takePositionals(positionals, ["the first layer", "the second layer"]);
    const shape = parseShape("--shape", required("--shape", values.shape));
    const [first, second] = [parseLayer(a!), parseLayer(b!)];
    const { svg, json } = values;
    const comparison = compareLayers(first, second, shape);
    if (svg !== undefined) await writePicture(svg, drawComparison(first, second, shape), environment);
    const answer = json
      ? `${JSON.stringify({ a, b, shape, ...comparison, svg })}\n`
      : describe(a!, b!, shape, comparison);
    // Where the picture goes to standard output, nothing else may.
    await print(svg === "-" ? environment.stderr : environment.stdout, answer);
    if (svg !== undefined && !json)
      environment.stderr.write(`drew both layers -> ${svg === "-" ? "standard output" : svg}\n`);
  },
};

function compareLayers(a: NormSpec, b: NormSpec, shape: readonly number[]): NormComparison {
  try {
    return compareNorms(a, b, shape);
  } catch (error) {
    throw inCommand(name, error, (argument) => `--${argument}`);
  }
}

async function writePicture(path: string, picture: string, environment: Environment): Promise<void> {
  const file = (await prepareOutput(name, path, environment, "--svg"))();
  try {
    writeAt(file.fd, new TextEncoder().encode(picture), 0);
    await file.commit();
  } finally {
    file.discard();
  }
}

function describe(
  a: string,
  b: string,
  shape: readonly number[],
  { statistics, affine, equivalent, because }: NormComparison,
): string {
  return `${a} and ${b} on ${formatShape(shape)}

statistics   ${statistics}
affine       ${affine}
equivalent   ${equivalent ? "yes" : "no"}

${wrap(because)}
`;
}
