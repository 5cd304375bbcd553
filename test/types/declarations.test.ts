// The published declarations, as consumers compile them: with old libs, without the DOM, without skipLibCheck.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Settings {
  readonly lib: readonly string[];
  readonly target: ts.ScriptTarget;
}

const settings = {
  "lib es2020": { lib: ["es2020"], target: ts.ScriptTarget.ES2020 },
  "lib es2020 and dom": { lib: ["es2020", "dom"], target: ts.ScriptTarget.ES2020 },
  "lib esnext and esnext.disposable": { lib: ["esnext", "esnext.disposable"], target: ts.ScriptTarget.ES2022 },
} satisfies Record<string, Settings>;

type SettingsName = keyof typeof settings;

/** The programs of consumers. A line that must not compile says so: TypeScript complains if it does. */
const consumers = {
  "entry points": entryPoints()
    .map(([name], index) => `export * as entry${index} from "${name}";`)
    .join("\n"),

  "first contact": `
    import { groupNorm, layerNorm, nativeLayerNorm, createEngine, type Engine, type Tensor } from "lanenorm";
    const x = { data: new Float32Array(20 * 6 * 10 * 10), shape: [20, 6, 10, 10] };
    const a: Tensor = groupNorm(x, 1);
    const b: Tensor = layerNorm(x, [6, 10, 10], { weight: new Float32Array(600), bias: null, eps: 1e-6, out: a });
    const { output, mean, rstd } = nativeLayerNorm(b, 10 as const);
    const engine: Promise<Engine> = createEngine({ backend: "js" });
    export const results: readonly (readonly number[])[] = [output.shape, mean.shape, rstd.shape];
    export const made: Promise<number> = engine.then((made) => made.scope(() => made.empty([2] as const).data.length));
  `,

  "another module's memory": `
    import { createEngineSync } from "lanenorm";
    declare const memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
    export const engine = createEngineSync({ memory, allocate: (bytes: number) => bytes, free: (offset: number) => {} });
  `,

  "the family": `
    import {
      batchNorm, instanceNorm, localResponseNorm, Moments, type MomentsJSON, nativeBatchNorm, nativeInstanceNorm,
      nativeRmsNorm, normalize, rmsNorm, rowwiseMoments, standardize, type Tensor,
    } from "lanenorm";
    const x = { data: new Float32Array(24), shape: [2, 3, 4] } as const;
    const runningMean = new Float32Array(3);
    const running = { runningMean, runningVar: { data: runningMean, shape: [3] } };
    export const results: Tensor[] = [
      batchNorm(x, { ...running, weight: null, momentum: 0.2, training: true, layout: "channels-first" }),
      instanceNorm(x, { ...running, useInputStats: false, layout: "channels-last" }),
      localResponseNorm(x, 5, { alpha: 1, beta: 0.5, k: 2 }),
      normalize(x, { p: Infinity, dim: -1, eps: 1e-6 }),
      rmsNorm(x, [3, 4] as const, { weight: null }),
      standardize(x, [0, 2] as const, { weight: null }),
      nativeRmsNorm(x, 4).rstd,
      nativeBatchNorm(x, running).mean,
      nativeInstanceNorm(x).rstd,
      rowwiseMoments(x, 4).variance,
    ];
    const moments: Moments = Moments.of(x, [0, -1]).merge(Moments.of(x, [0, 2]));
    const json: MomentsJSON = moments.toJSON();
    export const variance: Float64Array = Moments.fromJSON(json).variance(1);
  `,

  gradients: `
    import {
      batchNormBackward, type Gradients, groupNormBackward, layerNormBackward, localResponseNormBackward, nativeLayerNorm,
      normalizeBackward, type OutputMask, rmsNormBackward, type Tensor,
    } from "lanenorm";
    const x = { data: new Float32Array(24), shape: [2, 3, 4] } as const;
    const { mean, rstd } = nativeLayerNorm(x, 4);
    const given = { mean, rstd };
    const all: Gradients<Float32Array> = layerNormBackward(x, x, 4, given);
    export const data: Float32Array = all.gradInput.data;
    const some = groupNormBackward(x, x, 1, { ...given, outputMask: [true, false, true], out: { gradInput: x } });
    export const gradInput: Tensor<Float32Array> = some.gradInput;
    export const nothing: null = some.gradWeight;
    export const gradBias: Tensor = some.gradBias;
    declare const outputMask: OutputMask;
    const perhaps = batchNormBackward(x, x, { ...given, training: true, layout: "channels-last", outputMask });
    export const gradWeight: Tensor | null = perhaps.gradWeight;
    // @ts-expect-error -- nobody knows whether it is there
    perhaps.gradWeight.data;
    const { gradWeight: ofRms } = rmsNormBackward(x, x, 4, { rstd, outputMask: [false, true] });
    export const others: Tensor[] = [
      ofRms, normalizeBackward(x, x, { p: 1 }).gradInput, localResponseNormBackward(x, x, 5, { beta: 1 }).gradInput,
    ];
    // @ts-expect-error -- there is no bias
    rmsNormBackward(x, x, 4, { rstd, outputMask: [true, true, true] });
    // @ts-expect-error -- statistics are needed
    layerNormBackward(x, x, 4, { rstd });
  `,

  adapters: `
    import { BatchNormalization, GroupNormalization, LayerNormalization, type OperatorOptions } from "lanenorm/onnx";
    import { batchNormalization, instanceNormalization, layerNormalization } from "lanenorm/webnn";
    import { defaultEngine, type Tensor } from "lanenorm";
    const x = { data: new Float32Array(24), shape: [2, 3, 4] } as const;
    const three = { data: new Float32Array(3), shape: [3] };
    const options: OperatorOptions = { opset: 17, outputs: 3, engine: defaultEngine() };
    export const outputs: Tensor[] = LayerNormalization([x, three, null], { axis: -1, stash_type: 1 }, options);
    export const [y, mean]: Tensor[] = BatchNormalization([x, three, three, three, three], { training_mode: 1 });
    export const results: Tensor[] = [
      layerNormalization(x, { axes: [2, 1] as const, epsilon: 1e-3 }),
      instanceNormalization(x, { layout: "nhwc", scale: three }),
      batchNormalization(x, three, three, { axis: 1, bias: three }),
    ];
    // @ts-expect-error -- how many groups?
    GroupNormalization([x, three, three]);
    // @ts-expect-error -- the attribute is epsilon
    LayerNormalization([x, three], { eps: 1 });
    // @ts-expect-error -- the layouts are WebNN's
    instanceNormalization(x, { layout: "channels-last" });
  `,

  modules: `
    import { BatchNorm2d, GroupNorm, LayerNorm, type Norm, Parameter, RMSNorm, type StateDict } from "lanenorm/nn";
    import { readStateDict, writeSafetensors } from "lanenorm/io";
    import { defaultEngine, layerNorm, type Tensor } from "lanenorm";
    const x = { data: new Float32Array(24), shape: [2, 3, 4] } as const;
    const norm = new LayerNorm([3, 4] as const, { eps: 1e-6, bias: false, engine: defaultEngine() });
    export const y: Tensor<Float32Array> = norm.forward(x);
    export const gradInput: Tensor<Float32Array> = norm.train().backward(y);
    export const grads: (number | undefined)[] = norm.parameters().map(({ grad }) => grad?.data[0]);
    export const norms: Norm[] = [norm, new RMSNorm(4, { eps: null }), new GroupNorm(1, 6, { dtype: "float64" })];
    export const dict: StateDict = new BatchNorm2d(6, { momentum: null }).stateDict({ prefix: "bn." });
    export const file: Uint8Array = writeSafetensors(dict);
    export const loaded = readStateDict(file, { prefix: "bn." }).then((dict) => norm.loadStateDict(dict).missingKeys);
    export const z: Tensor = layerNorm(x, 4, { weight: new Parameter(new Float32Array(4), [4]) });
    // @ts-expect-error -- of how many channels?
    new GroupNorm(1);
    // @ts-expect-error -- RMS norm has no bias
    new RMSNorm(4, { bias: true });
    // @ts-expect-error -- parameters have at least 32 bits
    new LayerNorm(4, { dtype: "float16" });
  `,

  "arrays of every class": `
    import {
      createEngineSync, layerNorm, nativeLayerNorm, rowwiseMoments, nativeRmsNorm, standardize, type Tensor,
      type TensorLike, type TypedArray,
    } from "lanenorm";
    const engine = createEngineSync();
    const doubles = { data: new Float64Array(4), shape: [4] };
    const bits = { data: new Uint16Array(4), shape: [4], dtype: "bfloat16" as const };
    export const double: Tensor<Float64Array> = layerNorm(doubles, 4, { weight: new Float64Array(4) });
    export const short: Tensor<Uint16Array> = standardize(bits, [0], { weight: new Float32Array(4) });
    const wide = nativeLayerNorm(doubles, 4);
    export const mean: Float64Array = wide.mean.data;
    export const rstd: Float64Array = nativeRmsNorm(doubles, 4).rstd.data;
    const narrow = nativeLayerNorm(bits, 4);
    export const outputs: [Uint16Array, Float32Array] = [narrow.output.data, narrow.mean.data];
    export const variance: Float32Array = rowwiseMoments(bits, 4).variance.data;
    export const made: Tensor<Float64Array> = engine.tensor([1, 2], [2], "float64");
    export const single: Tensor<Float32Array> = engine.tensor([1, 2], [2]);
    export const half: Tensor<Uint16Array> = engine.tensor([1, 2], [2], "float16");
    export const copied: Tensor<Float64Array> = engine.tensor(doubles.data, [4]);
    export const copiedBits: Tensor<Uint16Array> = engine.tensor(bits.data, [4], "bfloat16");
    export const empty: [Float32Array, Float64Array] = [engine.empty([2]).data, engine.empty([2], "float64").data];
    export const viewed: Uint16Array = engine.view(4096, [2], "bfloat16").data;
    export function normalised<Data extends TypedArray>(x: TensorLike<Data>): Tensor<Data> {
      return engine.layerNorm(x, x.shape);
    }
    export function anything(x: TensorLike): Tensor {
      return normalised(x);
    }
    // @ts-expect-error -- results are of x's class
    export const wrong: Tensor<Float32Array> = layerNorm(doubles, 4);
    // @ts-expect-error -- statistics of float64 are float64
    export const wrongMean: Float32Array = wide.mean.data;
    // @ts-expect-error -- statistics of bits are not bits
    export const wrongVariance: Uint16Array = rowwiseMoments(bits, 4).variance.data;
    // @ts-expect-error -- float32 by default
    export const wrongEmpty: Tensor<Float64Array> = engine.empty([2]);
  `,

  "a Float16Array": `
    import { createEngineSync, nativeLayerNorm, type Tensor } from "lanenorm";
    const x = { data: new Float16Array(4), shape: [4] };
    const { output, mean } = nativeLayerNorm(x, 4, { weight: new Float16Array(4), bias: new Float32Array(4) });
    export const results: [Float16Array, Float32Array] = [output.data, mean.data];
    export const made: Tensor<Float16Array> = createEngineSync().tensor(new Float16Array(4), [4]);
  `,

  "calls that are refused": `
    import {
      affineGlobal, batchNorm, createEngineSync, groupNorm, instanceNorm, layerNorm, localResponseNorm, Moments,
      normalize, rmsNorm, standardize,
    } from "lanenorm";
    const x = { data: new Float32Array(2), shape: [2] };
    // @ts-expect-error -- integers are not normalised
    layerNorm({ data: new Int32Array(2), shape: [2] }, 2);
    // @ts-expect-error -- no such dtype
    layerNorm({ data: new Uint16Array(2), shape: [2], dtype: "float8" }, 2);
    // @ts-expect-error -- RMS norm has no bias
    rmsNorm(x, 2, { bias: new Float32Array(2) });
    // @ts-expect-error -- axes are a list
    standardize(x, 0);
    // @ts-expect-error -- no such layout
    groupNorm(x, 1, { layout: "NHWC" });
    // @ts-expect-error -- of how many channels?
    localResponseNorm(x);
    // @ts-expect-error -- the option is dim
    normalize(x, { axis: 1 });
    // @ts-expect-error -- training is true or false
    batchNorm(x, { training: 1 });
    // @ts-expect-error -- instance norm has useInputStats
    instanceNorm(x, { training: true });
    // @ts-expect-error -- running statistics are tensors
    batchNorm(x, { runningMean: [0, 0], runningVar: [1, 1] });
    // @ts-expect-error -- moments are made by Moments.of
    new Moments(1, [], new Float64Array(1), new Float64Array(1));
    // @ts-expect-error -- no such dtype
    createEngineSync().empty([2], "int8");
    // @ts-expect-error -- a bare array has no shape
    layerNorm(new Float32Array(4), 4);
    // @ts-expect-error -- data is a typed array
    layerNorm({ data: [1, 2], shape: [2] }, 2);
    // @ts-expect-error -- sizes are numbers
    layerNorm(x, "2");
    // @ts-expect-error -- the option is eps
    layerNorm(x, 2, { epsilon: 1e-5 });
    // @ts-expect-error -- how many groups?
    groupNorm(x);
    // @ts-expect-error -- bias is not optional
    affineGlobal(x, new Float32Array(2));
    // @ts-expect-error -- no such backend
    createEngineSync({ backend: "webgpu" });
    // @ts-expect-error -- data cannot be replaced
    layerNorm(x, 2).data = new Float32Array(2);
    // @ts-expect-error -- a shape cannot be changed
    layerNorm(x, 2).shape.push(3);
  `,

  using: `
    import { createEngineSync } from "lanenorm";
    const engine = createEngineSync();
    export function sum(): number {
      using tensor = engine.tensor([1, 2, 3], [3]);
      using result = engine.layerNorm(tensor, 3);
      return result.data.reduce((total, value) => total + value, 0);
    }
    export const disposable: Disposable = engine.empty([1]);
  `,
};

type ConsumerName = keyof typeof consumers;

const fileOf = (name: string): string => join(root, "test", "types", `${name}.ts`);
const sources = new Map(Object.entries(consumers).map(([name, source]) => [fileOf(name), source]));

/** One program per settings with all consumers in it, because checking the libs takes longer than all else. */
const programs = new Map<SettingsName, ts.Program>();

function programWith(name: SettingsName): ts.Program {
  const known = programs.get(name);
  if (known) return known;
  const { lib, target } = settings[name];
  const options: ts.CompilerOptions = {
    lib: lib.map((part) => `lib.${part}.d.ts`),
    target,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  };
  const program = ts.createProgram([...sources.keys()], options, consumerHost(options));
  programs.set(name, program);
  return program;
}

/** The file system, and the consumers, which are on none. */
function consumerHost(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  return {
    ...host,
    fileExists: (name) => sources.has(name) || fileExists.call(host, name),
    readFile: (name) => sources.get(name) ?? readFile.call(host, name),
    getSourceFile: (name, language, ...rest) => {
      const source = sources.get(name);
      if (source === undefined) return getSourceFile.call(host, name, language, ...rest);
      return ts.createSourceFile(name, source, language);
    },
  };
}

function complaintsOf(program: ts.Program, file?: ts.SourceFile): string[] {
  return ts.getPreEmitDiagnostics(program, file).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
    return `${diagnostic.file?.fileName ?? "options"}: ${text}`;
  });
}

/** What TypeScript has to say of one consumer. */
function complaints(settingsName: SettingsName, consumer: ConsumerName): string[] {
  const program = programWith(settingsName);
  return complaintsOf(program, program.getSourceFile(fileOf(consumer)));
}

interface Entry {
  readonly types: string;
}

/** The entry points that have declarations, as package.json lists them. */
function entryPoints(): [string, string][] {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: Record<string, Entry | string>;
  };
  return Object.entries(manifest.exports)
    .filter((entry): entry is [string, Entry] => typeof entry[1] === "object" && "types" in entry[1])
    .map(([path, { types }]) => [join("lanenorm", path), types]);
}

beforeAll(() => {
  for (const [, types] of entryPoints())
    if (!existsSync(join(root, types))) throw new Error(`${types} is missing: run npm run build first`);
});

describe.each(Object.keys(settings) as SettingsName[])("declarations with %s", (name) => {
  it("compile, without skipLibCheck", () => {
    const program = programWith(name);
    const declarations = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(join(root, "dist")));
    expect(declarations.length).toBeGreaterThan(5);
    expect(declarations.flatMap((file) => complaintsOf(program, file))).toEqual([]);
  });

  it.each([
    "entry points",
    "first contact",
    "the family",
    "arrays of every class",
    "another module's memory",
    "calls that are refused",
  ] as const)("serve: %s", (consumer) => {
    expect(complaints(name, consumer)).toEqual([]);
  });
});

describe("`using` a tensor", () => {
  it("compiles where the lib has Disposable", () => {
    expect(complaints("lib esnext and esnext.disposable", "using")).toEqual([]);
  });

  it("does not where the lib has none", () => {
    expect(complaints("lib es2020", "using")).not.toEqual([]);
  });
});

describe("a Float16Array", () => {
  it("serves where the lib has it", () => {
    expect(complaints("lib esnext and esnext.disposable", "a Float16Array")).toEqual([]);
  });
});

describe("declarations", () => {
  it("mention no part of the DOM, of Node or of newer libs", () => {
    const seen = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      const text = readFileSync(file, "utf8");
      const code = text.replace(/\/\*[^]*?\*\/|\/\/.*/g, "");
      expect(code, file).not.toMatch(/\b(Disposable|Buffer|NodeJS|reference)\b/);
      // The name as a tag is a string; as a type it would have to be in the consumer's lib.
      expect(code, file).not.toMatch(/(?<!")\bFloat16Array\b/);
      expect(code, file).not.toMatch(/\bWebAssembly\b/);
      for (const [, path] of code.matchAll(/from "(\.[^"]+)\.js"/g)) visit(join(dirname(file), `${path}.d.ts`));
    };
    for (const [, types] of entryPoints()) visit(join(root, types));
    expect(seen.size).toBeGreaterThan(5);
  });
});
