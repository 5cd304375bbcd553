import type { Kind } from "../kinds.js";
import type { Partition } from "../partition.js";

/** One argument of a layer's constructor in torch.nn. */
export interface ConstructorArgument {
  /** PyTorch's name in camelCase. */
  readonly name: string;
  readonly kind: Kind;
  readonly optional?: boolean;
}

/** The two halves of a normalisation, on an input of a given shape. */
export interface Halves {
  /** Which elements share statistics. */
  readonly statistics: Partition;
  /** Whether these are a mean and a variance, or a mean square alone. */
  readonly centred: boolean;
  /** null: the machine epsilon. */
  readonly eps: number | null;
  /** What evaluation uses instead, where there is something: running statistics of each channel. */
  readonly running: Running | null;
  /** null: the layer has no parameters. */
  readonly affine: Affine | null;
}

/** How running statistics are learnt. */
export interface Running {
  /** The weight of new data; null: all data weigh the same. */
  readonly momentum: number | null;
}

/** Which elements share a scale and, if the layer has one, a bias. */
export interface Affine {
  readonly groups: Partition;
  readonly bias: boolean;
}

/** All that conversion knows about a layer of torch.nn. A new layer is a new one of these, and a line in the registry. */
export interface Layer<Spec extends { readonly op: string }> {
  readonly op: Spec["op"];
  /** Its class in torch.nn. */
  readonly name: string;
  /** In the constructor's order. */
  readonly arguments: readonly ConstructorArgument[];
  /** The shape of its parameters, where it has any. */
  parameterShape(spec: Spec): readonly number[];
  /** A requirement between valid arguments that does not hold, as the parts of an error; undefined if all is well. */
  conflict?(spec: Spec): { argument: string; expected: string; got: string } | undefined;
  /** What the layer asks of the shape `[N, C, ...spatial]` and does not get, as a phrase; undefined if it fits. */
  misfit(spec: Spec, shape: readonly number[]): string | undefined;
  /** The halves of the layer on a shape that fits. */
  halves(spec: Spec, shape: readonly number[]): Halves;
}
