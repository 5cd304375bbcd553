// Plans of every kind, and the groups that they stand for.

import { type NormalizePlan, planAxes, planBatchNorm, planGroupNorm, planLayerNorm } from "../../src/plan.js";
import { groupBatch, groupByAxes, groupChannels, groupLast, type Grouping } from "../support/reference/grouping.js";

export interface PlanCase {
  readonly name: string;
  readonly plan: NormalizePlan;
  readonly grouping: Grouping;
}

function layer(rows: number, n: number): PlanCase {
  return { name: `${rows} rows of ${n}`, plan: planLayerNorm(rows * n, n), grouping: groupLast([rows, n], 1) };
}

function group(samples: number, channels: number, span: number, groups: number, last: boolean): PlanCase {
  const layout = last ? "channels-last" : "channels-first";
  return {
    name: `group norm of [${samples}, ${channels}, ${span}] by ${groups}, ${layout}`,
    plan: planGroupNorm({ samples, channels, span, last }, groups),
    grouping: groupChannels({ batch: samples, channels, spatial: span, layout }, groups),
  };
}

function batch(samples: number, channels: number, span: number, last: boolean): PlanCase {
  const layout = last ? "channels-last" : "channels-first";
  return {
    name: `batch norm of [${samples}, ${channels}, ${span}], ${layout}`,
    plan: planBatchNorm({ samples, channels, span, last }),
    grouping: groupBatch({ batch: samples, channels, spatial: span, layout }),
  };
}

function axes(shape: number[], reduced: number[]): PlanCase {
  return {
    name: `axes ${reduced} of [${shape}]`,
    plan: planAxes(shape, new Set(reduced)),
    grouping: groupByAxes(shape, reduced),
  };
}

/** Rows, columns and strided groups, with a map of every kind; odd sizes. */
export const planCases: readonly PlanCase[] = [
  layer(1, 1),
  layer(131, 3),
  layer(5, 37),
  layer(2, 9001),
  group(2, 6, 35, 3, false),
  group(3, 5, 1, 1, false),
  group(1, 4, 2500, 2, false),
  group(2, 6, 35, 3, true),
  group(2, 3, 7, 3, true),
  group(2, 2602, 3, 2, true),
  group(1, 5000, 2, 1, true),
  batch(5, 3, 11, false),
  batch(1, 3, 11, false),
  batch(3, 2, 4099, false),
  batch(5, 3, 11, true),
  batch(13, 1029, 1, true),
  axes([3, 5, 7], [1]),
  axes([3, 5, 7], [0, 1]),
  axes([4, 3, 5], [0, 2]),
  axes([4, 3, 5, 7], [0, 2]),
  axes([3, 2, 5, 2, 3], [1, 3]),
  axes([3, 2, 5, 2, 3], [0, 2, 4]),
  axes([2, 3, 2, 1031], [0, 2]),
  axes([7, 5], []),
];
