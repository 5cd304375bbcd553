import { readFileSync } from "node:fs";

/** What PyTorch and a float64 reference give for one call. */
export type Golden = Case<Float32Array, Float64Array>;

type Case<Single, Double> = LayerNormCase<Single, Double> | GroupNormCase<Single, Double>;

interface LayerNormCase<Single, Double> extends AnyCase<Single, Double> {
  readonly op: "layerNorm";
  readonly normalizedShape: readonly number[];
}

interface GroupNormCase<Single, Double> extends AnyCase<Single, Double> {
  readonly op: "groupNorm";
  readonly numGroups: number;
}

interface AnyCase<Single, Double> {
  readonly shape: readonly number[];
  /** What kind of numbers the input holds, or which edge it shows. */
  readonly data: string;
  readonly eps: number;
  readonly input: Single;
  readonly weight?: Single;
  readonly bias?: Single;
  readonly torch: TorchResult<Single>;
  readonly reference: Results<Double>;
}

interface Results<Values> {
  readonly output: Values;
  readonly mean: Values;
  readonly rstd: Values;
}

interface TorchResult<Single> extends Results<Single> {
  /** Of mean and rstd. */
  readonly statisticsShape: readonly number[];
  /** torch.nn.functional refuses what the native function takes. */
  readonly functionalRaises: boolean;
  /** PyTorch's own distance from the reference, as `test/support/error.ts` measures it. */
  readonly err: Results<number>;
}

/** Where an array begins in goldens.bin, in bytes, and how many elements it has. */
type Place = readonly [offset: number, length: number];

interface Manifest {
  readonly versions: { readonly torch: string; readonly numpy: string };
  readonly cases: readonly Case<Place, Place>[];
}

export function loadGoldens(): Golden[] {
  const manifest: Manifest = JSON.parse(readFileSync(new URL("goldens.json", import.meta.url), "utf8"));
  const bytes = Uint8Array.from(readFileSync(new URL("goldens.bin", import.meta.url)));
  return manifest.cases.map((stored) => resolve(stored, bytes.buffer));
}

function resolve(stored: Case<Place, Place>, buffer: ArrayBuffer): Golden {
  const single = ([offset, length]: Place) => new Float32Array(buffer, offset, length);
  const double = ([offset, length]: Place) => new Float64Array(buffer, offset, length);
  return {
    ...stored,
    input: single(stored.input),
    weight: stored.weight && single(stored.weight),
    bias: stored.bias && single(stored.bias),
    torch: { ...stored.torch, ...mapResults(stored.torch, single) },
    reference: mapResults(stored.reference, double),
  };
}

function mapResults<From, To>({ output, mean, rstd }: Results<From>, map: (values: From) => To): Results<To> {
  return { output: map(output), mean: map(mean), rstd: map(rstd) };
}
