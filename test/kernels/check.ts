import { expect } from "vitest";
import type { Engine, WithStatistics } from "../../src/index.js";
import { parameters } from "../determinism/data.js";
import { err, meanErr, rstdErr } from "../support/error.js";
import {
  channelParameters,
  layerParameters,
  referenceNormalize,
  withParameters,
  type GroupedShape,
  type Reference,
} from "../support/oracle.js";
import type { GuardedHeap } from "./guarded_heap.js";

/** The accuracy contract's bound on err. */
const BOUND = 8;

export const EPS = 1e-5;

/** Every choice of weight and bias of `count` elements. */
export function everyAffine(count: number): { weight?: Float32Array; bias?: Float32Array }[] {
  const [weight, bias] = [parameters(count, 1), parameters(count, 2)];
  return [{}, { weight }, { bias }, { weight, bias }];
}

/** An engine on guarded memory. */
export interface Guarded {
  readonly engine: Engine;
  readonly heap: GuardedHeap;
}

type Affine = ReturnType<typeof everyAffine>[number];

/** Layer norm of rows of n: accurate, within its bounds, its inputs unchanged, with every choice of parameters. */
export function checkLayerNorm(guarded: Guarded, x: Float32Array, n: number, affines = everyAffine(n)): void {
  const rows = x.length / n;
  const plain = referenceNormalize(x, { rows, n, eps: EPS });
  for (const affine of affines) {
    const reference = withParameters(plain, layerParameters(n, affine));
    check(guarded, x, affine, reference, (engine, data, options) => {
      return engine.nativeLayerNorm({ data, shape: [rows, n] }, n, options);
    });
  }
}

/** The same of group norm. */
export function checkGroupNorm(
  guarded: Guarded,
  x: Float32Array,
  shape: GroupedShape,
  affines = everyAffine(shape.channels),
): void {
  const { batch, channels, spatial, groups } = shape;
  const plain = referenceNormalize(x, { rows: batch * groups, n: (channels / groups) * spatial, eps: EPS });
  for (const affine of affines) {
    const reference = withParameters(plain, channelParameters(channels, spatial, affine));
    check(guarded, x, affine, reference, (engine, data, options) => {
      return engine.nativeGroupNorm({ data, shape: [batch, channels, spatial] }, groups, options);
    });
  }
}

type Run = (engine: Engine, data: Float32Array, options: Affine & { eps: number }) => WithStatistics<Float32Array>;

function check(guarded: Guarded, x: Float32Array, affine: Affine, reference: Reference, run: Run): void {
  const { engine, heap } = guarded;
  engine.scope(() => {
    const resident = engine.tensor(x, [x.length]);
    const given = Object.entries(affine).map(([name, data]) => [name, engine.tensor(data, [data.length])] as const);
    const placed = Object.fromEntries(given);
    const { output, mean, rstd } = run(engine, resident.data, { ...placed, eps: EPS });
    const label = `${reference.rows} rows of ${reference.n} with ${Object.keys(affine)}`;
    expectAccurate(output.data, reference, label);
    if (meanErr(mean.data, reference) > BOUND || rstdErr(rstd.data, reference) > BOUND)
      expect.fail(`statistics of ${label}`);
    expectUnchanged(resident.data, x, `x of ${label}`);
    for (const [name, tensor] of given)
      expectUnchanged(tensor.data, affine[name as keyof Affine]!, `${name} of ${label}`);
  });
  const damage = heap.takeDamage();
  if (damage.length > 0) expect.fail(damage.join("\n"));
}

/** Expectations cost more than kernels on small rows: they are met only to report. */
export function expectAccurate(y: Float32Array, reference: Reference, label: string): void {
  const error = err(y, reference);
  if (!(error <= BOUND)) expect.fail(`err ${error} in ${label}`);
}

export function expectUnchanged(actual: Float32Array, expected: Float32Array, label: string): void {
  for (let index = 0; index < expected.length; index++) {
    if (!Object.is(actual[index], expected[index])) expect.fail(`${label}[${index}] has changed`);
  }
}
