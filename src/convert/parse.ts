import { ArgumentError } from "../errors.js";
import { type Call, readCall, type Value } from "./call.js";
import { show, sizes } from "./kinds.js";
import { type AnyLayer, checkNormSpec, layers, type NormSpec } from "./spec.js";
import { snakeCase } from "./words.js";

const functionName = "parseNormSpec";

/**
 * Reads a layer as it is written in Python, or printed by PyTorch: `GroupNorm(1, 6)`,
 * `nn.GroupNorm(num_groups=1, num_channels=6)`, `torch.nn.LayerNorm((6, 10, 10), eps=1e-5, elementwise_affine=False)`.
 * Arguments may also have their names in camelCase. Optional arguments that are not written are not in the result.
 *
 * @throws ArgumentError if the text is not such a call, or PyTorch's constructor would not take the arguments.
 */
export function parseNormSpec(text: string): NormSpec {
  if (typeof text !== "string") throw new ArgumentError(functionName, "text", "must be a string", show(text));
  const call = readCall(functionName, text);
  const layer = layerNamed(call.name);
  return checkNormSpec(functionName, "", { op: layer.op, ...bindArguments(layer, call) });
}

function layerNamed(name: string): AnyLayer {
  const layer = layers.find((candidate) => ["", "nn.", "torch.nn."].some((prefix) => prefix + candidate.name === name));
  if (layer !== undefined) return layer;
  const known = layers.map((candidate) => candidate.name).join(", ");
  throw new ArgumentError(functionName, "text", `must name a layer of torch.nn: ${known}`, show(name));
}

/** The call's values by the names of the constructor's arguments. */
function bindArguments(layer: AnyLayer, call: Call): Record<string, Value> {
  const bound: Record<string, Value> = {};
  call.arguments.forEach(({ keyword, value }, position) => {
    const argument = keyword === null ? layer.arguments[position] : argumentNamed(layer, keyword);
    if (argument === undefined)
      rejectArgument(layer, keyword === null ? `${call.arguments.length} values` : show(keyword));
    const previous = call.arguments[position - 1]?.keyword;
    if (keyword === null && previous)
      throw new ArgumentError(functionName, "text", "must have no bare value after a keyword", `one after ${previous}`);
    if (Object.hasOwn(bound, argument.name))
      throw new ArgumentError(functionName, argument.name, "must be given once", "it twice");
    bound[argument.name] = argument.kind === sizes && typeof value === "number" ? [value] : value;
  });
  return bound;
}

function argumentNamed(layer: AnyLayer, keyword: string): AnyLayer["arguments"][number] | undefined {
  return layer.arguments.find(({ name }) => name === keyword || snakeCase(name) === keyword);
}

function rejectArgument(layer: AnyLayer, got: string): never {
  const known = layer.arguments.map(({ name }) => snakeCase(name)).join(", ");
  throw new ArgumentError(functionName, "text", `must have only ${layer.name}'s arguments ${known}`, got);
}
