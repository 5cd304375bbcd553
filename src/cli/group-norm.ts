import { parseCommandLine, parseCount, required, takePositionals } from "./arguments.js";
import type { Command } from "./environment.js";
import { fileOptions, fileOptionsHelp, normaliseFile } from "./normalise.js";

const summary = "Normalise over groups of channels, as torch.nn.GroupNorm";

export const groupNorm: Command = {
  name: "group-norm",
  summary,
  help: `Usage: lanenorm group-norm <input.npy> --num-groups <n> -o <output.npy>

${summary}.
The input is [N, C, ...], weight and bias are [C].

  lanenorm group-norm x.npy --num-groups 32 -o y.npy
  lanenorm group-norm x.npy --num-groups 32 --weight w.npy --bias b.npy -o y.npy

Options:
  --num-groups <n>          How many groups the channels form; divides C. Required
${fileOptionsHelp}`,

  async run(argv, environment) {
    const options = { ...fileOptions, "num-groups": { type: "string" } } as const;
    const { values, positionals } = parseCommandLine(argv, options);
    const [input] = takePositionals(positionals, ["the input file"]);
    const numGroups = parseCount("--num-groups", required("--num-groups", values["num-groups"]));
    await normaliseFile(
      this.name,
      input!,
      values,
      (engine, x, settings) => engine.groupNorm(x, numGroups, settings),
      environment,
    );
  },
};
