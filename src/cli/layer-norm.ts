import { parseCommandLine, parseShape, required, takePositionals } from "./arguments.js";
import type { Command } from "./environment.js";
import { fileOptions, fileOptionsHelp, normaliseFile } from "./normalise.js";

const summary = "Normalise over the last dimensions, as torch.nn.LayerNorm";

export const layerNorm: Command = {
  name: "layer-norm",
  summary,
  help: `Usage: lanenorm layer-norm <input.npy> --normalized-shape <sizes> -o <output.npy>

${summary}.

  lanenorm layer-norm x.npy --normalized-shape 6,10,10 -o y.npy
  lanenorm layer-norm x.npy --normalized-shape 768 --weight w.npy --bias b.npy -o y.npy

Options:
  --normalized-shape <n,..> The last dimensions' sizes, and weight's and bias's. Required
${fileOptionsHelp}`,

  async run(argv, environment) {
    const options = { ...fileOptions, "normalized-shape": { type: "string" } } as const;
    const { values, positionals } = parseCommandLine(argv, options);
    const [input] = takePositionals(positionals, ["the input file"]);
    const sizes = required("--normalized-shape", values["normalized-shape"]);
    const normalizedShape = parseShape("--normalized-shape", sizes);
    await normaliseFile(
      this.name,
      input!,
      values,
      (engine, x, settings) => engine.layerNorm(x, normalizedShape, settings),
      environment,
    );
  },
};
