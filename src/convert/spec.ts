import { describe } from "../dtype.js";
import { ArgumentError } from "../errors.js";
import { requireKind, show } from "./kinds.js";
import { batchNorms, type BatchNormSpec } from "./layers/batch_norm.js";
import { groupNorm, type GroupNormSpec } from "./layers/group_norm.js";
import { instanceNorms, type InstanceNormSpec } from "./layers/instance_norm.js";
import type { Layer } from "./layers/layer.js";
import { layerNorm, type LayerNormSpec } from "./layers/layer_norm.js";
import { rmsNorm, type RMSNormSpec } from "./layers/rms_norm.js";

/** A normalisation layer as data: which one, and the arguments its constructor in torch.nn takes, in camelCase. */
export type NormSpec = GroupNormSpec | LayerNormSpec | RMSNormSpec | BatchNormSpec | InstanceNormSpec;

/** A layer that takes whichever spec says so in `op`; `layerOf` is where the two are matched. */
export type AnyLayer = Layer<NormSpec>;

/** Every layer conversion knows. */
export const layers: readonly AnyLayer[] = [groupNorm, layerNorm, rmsNorm, ...batchNorms, ...instanceNorms];

/** The layer a valid spec is of. */
export function layerOf(spec: NormSpec): AnyLayer {
  return layers.find(({ op }) => op === spec.op)!;
}

/** Throws ArgumentError when the value is not a spec. */
export function requireNormSpec(functionName: string, argument: string, value: unknown): void {
  if (typeof value !== "object" || value === null)
    throw new ArgumentError(functionName, argument, "must be an object such as parseNormSpec returns", describe(value));
  checkNormSpec(functionName, `${argument}.`, value as Record<string, unknown>);
}

/**
 * The spec, if it is one. `path` is what its members are called in errors: "a." gives "a.numGroups".
 * Throws ArgumentError.
 */
export function checkNormSpec(functionName: string, path: string, spec: Readonly<Record<string, unknown>>): NormSpec {
  const layer = layers.find(({ op }) => op === spec.op);
  if (layer === undefined) {
    const known = layers.map(({ op }) => `"${op}"`).join(", ");
    throw new ArgumentError(functionName, `${path}op`, `must be one of ${known}`, show(spec.op));
  }
  for (const { name, kind, optional } of layer.arguments)
    if (!optional || spec[name] !== undefined) requireKind(functionName, path + name, kind, spec[name]);
  const valid = spec as unknown as NormSpec;
  const conflict = layer.conflict?.(valid);
  if (conflict) throw new ArgumentError(functionName, path + conflict.argument, conflict.expected, conflict.got);
  return valid;
}
