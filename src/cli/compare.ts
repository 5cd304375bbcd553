import { compareNorms, type NormSpec, parseNormSpec } from "../convert/index.js";
import { LanenormError } from "../errors.js";
import { formatShape } from "../shape.js";
import { parseCommandLine, parseShape, required, takePositionals, UsageError } from "./arguments.js";
import type { Command } from "./environment.js";
import { wrap } from "./format.js";
import { print } from "./print.js";

const summary = "Say when two normalisation layers are the same";

export const compare: Command = {
  name: "compare",
  summary,
  help: `Usage: lanenorm compare <layer> <layer> --shape <sizes>

${summary}.
Layers are written as in PyTorch.

  lanenorm compare 'GroupNorm(1, 6)' 'LayerNorm([6, 10, 10])' --shape 20,6,10,10

Options:
  --shape <n,..>            The shape of the input both are given. Required
  --json                    Print the comparison for machines
  -h, --help                This help

statistics   same: the two compute the same means and variances
affine       same: weight and bias mean the same; a-in-b: what the first layer's can
             express, the second's can too; b-in-a: the other way; different: neither
equivalent   yes: both are the same
`,

  async run(argv, { stdout }) {
    const options = { shape: { type: "string" }, json: { type: "boolean" } } as const;
    const { values, positionals } = parseCommandLine(argv, options);
    const [a, b] = takePositionals(positionals, ["the first layer", "the second layer"]);
    const shape = parseShape("--shape", required("--shape", values.shape));
    const comparison = compareNorms(parseLayer(a!), parseLayer(b!), shape);
    if (values.json) await print(stdout, `${JSON.stringify({ a, b, shape, ...comparison })}\n`);
    else await print(stdout, describe(a!, b!, shape, comparison));
  },
};

/** A layer we cannot read is a mistake in the command line; layers that do not fit the shape are not. */
function parseLayer(text: string): NormSpec {
  try {
    return parseNormSpec(text);
  } catch (error) {
    throw error instanceof LanenormError ? new UsageError(`'${text}': ${error.message}`) : error;
  }
}

function describe(
  a: string,
  b: string,
  shape: readonly number[],
  { statistics, affine, equivalent, because }: ReturnType<typeof compareNorms>,
): string {
  return `${a} and ${b} on ${formatShape(shape)}

statistics   ${statistics}
affine       ${affine}
equivalent   ${equivalent ? "yes" : "no"}

${wrap(because)}
`;
}
