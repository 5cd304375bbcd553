import type { OpName } from "../task.js";
import * as option from "./option.js";
import type { LayerOption } from "./option.js";

/** A layer that the command line has, as a command of its own. */
export interface Layer {
  readonly name: string;
  readonly op: OpName;
  readonly summary: string;
  /** What the tensors must be, in a sentence. */
  readonly shapes: string;
  readonly options: readonly LayerOption[];
  /** Options that follow from what was given. */
  readonly implied?: (given: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  /** How many of the first of `rank` dimensions hold nothing that shares statistics. */
  readonly independent: (rank: number, argument: unknown, given: Readonly<Record<string, unknown>>) => number;
  /** What stands between input and output in an example. */
  readonly example: string;
}

const trailing = (rank: number, normalizedShape: unknown) => rank - (normalizedShape as readonly number[]).length;
const samples = () => 1;
const fromStart = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

const affine = [option.weight, option.bias];
const running = [option.runningMean, option.runningVar];

/** Every layer, in the order of the help. */
export const layers: readonly Layer[] = [
  {
    name: "layer-norm",
    op: "layerNorm",
    summary: "Normalise over the last dimensions, as torch.nn.LayerNorm",
    shapes: "weight and bias have the normalized shape.",
    options: [option.normalizedShape, ...affine, option.eps],
    independent: trailing,
    example: "--normalized-shape 768 --weight model.safetensors:ln.weight --bias model.safetensors:ln.bias",
  },
  {
    name: "rms-norm",
    op: "rmsNorm",
    summary: "Divide by the root mean square, as torch.nn.RMSNorm",
    shapes: "weight has the normalized shape.",
    options: [option.normalizedShape, option.weight, option.rmsEps],
    independent: trailing,
    example: "--normalized-shape 768 --weight w.npy",
  },
  {
    name: "group-norm",
    op: "groupNorm",
    summary: "Normalise over groups of channels, as torch.nn.GroupNorm",
    shapes: "The input is [N, C, ...], weight and bias are [C].",
    options: [option.numGroups, ...affine, option.eps, option.layout],
    independent: samples,
    example: "--num-groups 32 --weight w.npy --bias b.npy",
  },
  {
    name: "instance-norm",
    op: "instanceNorm",
    summary: "Normalise every channel of every sample, as torch.nn.InstanceNorm",
    shapes: "The input is [N, C, ...], the parameters are [C].",
    implied: ({ runningMean }) => ({ useInputStats: runningMean === undefined }),
    options: [...affine, ...running, option.eps, option.layout],
    independent: samples,
    example: "--weight w.npy --bias b.npy",
  },
  {
    name: "batch-norm",
    op: "batchNorm",
    summary: "Normalise channels by running statistics, or by x's own, as torch.nn.BatchNorm",
    shapes: "The input is [N, C, ...], the parameters are [C]. Without running statistics, x's own are taken.",
    implied: ({ runningMean }) => ({ training: runningMean === undefined }),
    options: [...running, ...affine, option.eps, option.layout],
    independent: (_rank, _argument, { runningMean }) => (runningMean === undefined ? 0 : 1),
    example: "--running-mean bn.safetensors:running_mean --running-var bn.safetensors:running_var",
  },
  {
    name: "standardize",
    op: "standardize",
    summary: "Normalise over any set of dimensions",
    shapes: "weight and bias have the input's sizes at those dimensions, in ascending order.",
    options: [option.axes, ...affine, option.eps],
    independent: (rank, axes) => Math.min(...(axes as readonly number[]).map((axis) => fromStart(axis, rank))),
    example: "--axes 1",
  },
  {
    name: "normalize",
    op: "normalize",
    summary: "Divide by the p-norm along a dimension, as torch.nn.functional.normalize",
    shapes: "",
    options: [option.p, option.dim, option.smallestNorm],
    independent: (rank, _, { dim = 1 }) => fromStart(dim as number, rank),
    example: "--dim -1",
  },
  {
    name: "local-response-norm",
    op: "localResponseNorm",
    summary: "Divide by what neighbouring channels have, as torch.nn.LocalResponseNorm",
    shapes: "The input is [N, C, ...].",
    options: [option.size, option.alpha, option.beta, option.k, option.layout],
    independent: samples,
    example: "--size 5",
  },
];
