import type { DTypeName } from "../dtypes.js";
import { families, hostileFamilies } from "../families.js";
import { bfloat16, float16, roundTo } from "../formats.js";
import { float64Recipes } from "./float64.js";
import { bfloat16Recipes, float16Recipes } from "./half.js";
import { rounded, type DataFamily } from "./recipe.js";

const byDtype: Readonly<Record<DTypeName, Readonly<Record<string, DataFamily>>>> = {
  float32: { ...families, ...hostileFamilies },
  float64: rounded(float64Recipes, (value) => value),
  float16: rounded(float16Recipes, (value) => roundTo(float16, value)),
  bfloat16: rounded(bfloat16Recipes, (value) => roundTo(bfloat16, value)),
};

/** The kinds of data on which the accuracy of a dtype is promised, by name. The values are exact in the dtype. */
export function familiesOf(dtype: DTypeName): Readonly<Record<string, DataFamily>> {
  return byDtype[dtype];
}
