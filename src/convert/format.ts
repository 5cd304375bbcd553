import { layerOf, type NormSpec, requireNormSpec } from "./spec.js";
import { snakeCase } from "./words.js";

/**
 * The spec as PyTorch writes it: `GroupNorm(1, 6)`, `LayerNorm([6, 10, 10], eps=0.001)`. Optional arguments appear if the
 * spec has them. `parseNormSpec` reads it back.
 *
 * @throws ArgumentError if it is not a spec PyTorch's constructor would take.
 */
export function formatNormSpec(spec: NormSpec): string {
  requireNormSpec("formatNormSpec", "spec", spec);
  const { name, arguments: known } = layerOf(spec);
  const values = spec as unknown as Readonly<Record<string, unknown>>;
  const written = known
    .filter((argument) => values[argument.name] !== undefined)
    .map(({ name, optional }) => (optional ? `${snakeCase(name)}=` : "") + formatValue(values[name]));
  return `${name}(${written.join(", ")})`;
}

function formatValue(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (!Array.isArray(value)) return String(value);
  return value.length === 1 ? String(value[0]) : `[${value.join(", ")}]`;
}
