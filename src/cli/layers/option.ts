import { parseChoice, parseInteger, parseNumber, parsePositive, parsePositiveCount, parseShape } from "../arguments.js";

/** An option of a layer's command. */
export interface LayerOption {
  /** As it is written, without the dashes. */
  readonly flag: string;
  /** What stands for its value in help. */
  readonly placeholder: string;
  readonly help: string;
  /** What becomes of it: the op's second argument, one of its options, or an option that is a tensor in a file. */
  readonly role: "argument" | "option" | "tensor";
  readonly required?: boolean;
  /** The value that its text stands for. */
  readonly parse: (option: string, text: string) => unknown;
}

const text = (_: string, value: string) => value;
const argument = (flag: string, placeholder: string, help: string, parse: LayerOption["parse"]): LayerOption => {
  return { flag, placeholder, help: `${help}. Required`, role: "argument", required: true, parse };
};
const number = (flag: string, help: string): LayerOption => {
  return { flag, placeholder: "<number>", help, role: "option", parse: parseNumber };
};
const tensor = (flag: string, help: string): LayerOption => {
  return { flag, placeholder: "<file>", help, role: "tensor", parse: text };
};

export const normalizedShape = argument(
  "normalized-shape",
  "<n,..>",
  "The last dimensions' sizes, and the parameters'",
  parseShape,
);
export const numGroups = argument("num-groups", "<n>", "How many groups the channels form", parsePositiveCount);
export const axes = argument("axes", "<n,..>", "The dimensions that share statistics", (option, list) =>
  list.split(",").map((axis) => parseInteger(option, axis.trim())),
);
export const size = argument("size", "<n>", "How many channels the window has", parsePositiveCount);

export const weight = tensor("weight", "The scale, gamma (default: ones)");
export const bias = tensor("bias", "The offset, beta (default: zeros)");
export const runningMean = tensor("running-mean", "The means to normalise by, instead of x's own");
export const runningVar = tensor("running-var", "The variances to normalise by");

export const eps = number("eps", "Added to the variance (default: 1e-5)");
export const rmsEps = number("eps", "Added to the mean square (default: the machine epsilon)");
export const smallestNorm = number("eps", "What norms are at least (default: 1e-12)");
export const p: LayerOption = { ...number("p", "Which norm: above 0, or inf (default: 2)"), parse: parsePositive };
export const alpha = number("alpha", "The factor of the mean of squares (default: 1e-4)");
export const beta = number("beta", "The exponent (default: 0.75)");
export const k = number("k", "Added to that mean (default: 1)");
export const dim: LayerOption = {
  flag: "dim",
  placeholder: "<n>",
  help: "The dimension whose norms are taken (default: 1)",
  role: "option",
  parse: parseInteger,
};
export const layout: LayerOption = {
  flag: "layout",
  placeholder: "<name>",
  help: "channels-first (default) or channels-last",
  role: "option",
  parse: (option, name) => parseChoice(option, name, ["channels-first", "channels-last"]),
};
