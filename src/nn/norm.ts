import { engineOf, named, tensorOf } from "../adapters/engine.js";
import type { TypedArray } from "../dtype.js";
import type { Engine } from "../engine/engine.js";
import { ArgumentError } from "../errors.js";
import { flagOf, optionsOf } from "../ops/operand.js";
import { Tensor, type TensorLike } from "../tensor.js";
import type { Parameter, ParameterArray } from "./parameter.js";
import { type IncompatibleKeys, loadState, prefixOf, type StateDict } from "./state.js";

/** Options of every module. */
export interface ModuleOptions {
  /** The dtype of parameters, and of the float tensors the module takes. 16-bit ones go with "float32", the default. */
  dtype?: "float32" | "float64";
  /** Where it runs: the default engine, unless given. */
  engine?: Engine;
}

/** What a forward computed besides its output. */
export interface Statistics {
  /** RMS norm has none. */
  readonly mean?: Tensor;
  readonly rstd: Tensor;
}

/** Options of forward. */
export interface ForwardOptions {
  /**
   * Whether to keep x and its statistics for a backward. Default true in training mode, and false in evaluation mode, where
   * a network would hold all it computes otherwise.
   */
  readonly keep?: boolean;
}

/** A forward's result with what it computed besides. */
export interface Normalized extends Statistics {
  readonly output: Tensor;
  /** Whether statistics are constants, through which nothing flows back. */
  readonly frozen?: boolean;
}

/** What a forward leaves for backward. */
interface Saved extends Omit<Normalized, "output"> {
  readonly x: Tensor;
}

/** What a backward op is asked for: all that there is. */
export interface GradientOptions extends Statistics {
  readonly frozen: boolean;
  readonly weight: Parameter | null;
  readonly outputMask: [input: boolean, weight: boolean, bias: boolean];
}

/** What a backward op gives. */
export interface Gradients {
  readonly gradInput: Tensor | null;
  readonly gradWeight: Tensor | null;
  readonly gradBias?: Tensor | null;
}

/**
 * What all normalisation modules have in common. A module is in training mode until `eval()`. What forward keeps for backward, it
 * keeps until the next forward: x itself, which must not be changed meanwhile, and its statistics.
 */
export abstract class Norm {
  /** The scale; null without. */
  abstract readonly weight: Parameter | null;
  /** The offset; null without. */
  abstract readonly bias: Parameter | null;
  /** How many batches the running statistics have seen, if there are any. */
  protected batchCount: number | undefined;
  readonly #name: string;
  readonly #engine: Engine | undefined;
  #training = true;
  #saved: Saved | undefined;

  protected constructor(name: string, engine: Engine | undefined) {
    if (engine !== undefined) engineOf(name, engine);
    this.#name = name;
    this.#engine = engine;
  }

  /** Throws for an x that this layer does not take, in the name of `functionName`. */
  protected abstract check(functionName: string, x: Tensor): void;
  /** The layer, with its statistics. */
  protected abstract normalize(engine: Engine, x: Tensor): Normalized;
  /** The layer in evaluation mode. */
  protected abstract evaluate(engine: Engine, x: Tensor): Tensor;
  /** The same, with the statistics that it takes. */
  protected evaluateForBackward(engine: Engine, x: Tensor): Normalized {
    return this.normalize(engine, x);
  }
  /** The gradients of the last two. */
  protected abstract differentiate(
    engine: Engine,
    gradOutput: TensorLike,
    x: Tensor,
    options: GradientOptions,
  ): Gradients;
  /** What the state dict has besides the parameters. */
  protected buffers(): Readonly<Record<string, Tensor>> {
    return {};
  }

  /** Whether the module is in training mode. */
  get training(): boolean {
    return this.#training;
  }

  /** Puts the module in training mode, or with `false` out of it. Returns the module. */
  train(mode = true): this {
    this.#training = flagOf(`${this.#name}.train`, "mode", mode, true);
    return this;
  }

  /** The same as `train(false)`. */
  eval(): this {
    return this.train(false);
  }

  /**
   * The layer of x: a tensor of x's shape, dtype and home. Errors are those of the function of the layer (see there), before
   * anything has changed.
   */
  forward<Data extends TypedArray>(x: TensorLike<Data>, options?: ForwardOptions): Tensor<Data> {
    return this.#run("forward", (functionName, engine) => {
      const { keep } = optionsOf(functionName, options, (given) => ({
        keep: flagOf(functionName, "keep", given.keep, this.#training),
      }));
      const input = tensorOf(functionName, "x", x, engine);
      this.check(functionName, input);
      if (!keep && !this.#training) {
        this.#saved = undefined;
        return this.evaluate(engine, input) as Tensor<Data>;
      }
      const { output, ...computed } = this.#training
        ? this.normalize(engine, input)
        : this.evaluateForBackward(engine, input);
      const { mean, rstd, frozen } = computed;
      const statistics = { ...(mean && { mean: onHost(mean) }), rstd: onHost(rstd) };
      this.#saved = keep ? { x: input, ...statistics, frozen } : undefined;
      return output as Tensor<Data>;
    });
  }

  /**
   * The gradient of the last forward's x, from that of its output; adds those of the parameters to their `grad`. Each
   * forward that keeps what this needs allows for one: in training mode, or with `{ keep: true }`. Where the forward took
   * running statistics, they are constants.
   *
   * @throws ArgumentError without such a forward; ShapeError, DTypeError and others for a gradient that is not like x.
   *   Nothing has been added then.
   */
  backward<Data extends TypedArray>(gradOutput: TensorLike<Data>): Tensor<Data> {
    return this.#run("backward", (functionName, engine) => {
      if (!this.#saved) {
        const expected = "must follow a forward in training mode, or with keep: true, and go once with each";
        throw new ArgumentError(functionName, "call", expected, "none, or one that has been used or replaced");
      }
      const { x, frozen = false, ...statistics } = this.#saved;
      const { weight, bias } = this;
      const outputMask: GradientOptions["outputMask"] = [true, weight !== null, bias !== null];
      const gradients = this.differentiate(engine, gradOutput, x, { ...statistics, frozen, weight, outputMask });
      this.#saved = undefined;
      add(weight, gradients.gradWeight);
      add(bias, gradients.gradBias);
      return gradients.gradInput as Tensor<Data>;
    });
  }

  /** The weight and the bias, as far as there are any. */
  parameters(): Parameter[] {
    return [...this.#namedParameters().values()];
  }

  /** Forgets the gradients of all parameters: their `grad` is null again. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.zeroGrad();
  }

  /**
   * A copy of all that the module has learnt, under PyTorch's keys, each after `prefix`. What `loadStateDict` and
   * `writeSafetensors` take.
   */
  stateDict(options?: { readonly prefix?: string }): StateDict {
    const functionName = `${this.#name}.stateDict`;
    const { prefix } = optionsOf(functionName, options, (given) => ({ prefix: prefixOf(functionName, given.prefix) }));
    const dict: StateDict = {};
    for (const [key, { data, shape, format }] of this.#tensors())
      dict[prefix + key] = Tensor.host((data as Float32Array).slice(), shape, format);
    if (this.batchCount !== undefined) dict[`${prefix}num_batches_tracked`] = this.batchCount;
    return dict;
  }

  /**
   * Copies what a state dict has into the module, rounded to its dtype. With `strict`, the default, the dict must have
   * exactly the module's keys; `num_batches_tracked` may be missing, as in PyTorch. Without, keys that are missing or
   * unexpected are skipped, and returned. With a `prefix`, the module's keys are those that begin with it, without it, and
   * all others are somebody else's.
   *
   * @throws ArgumentError that lists all keys that are missing, unexpected or misshapen; ShapeError if they are misshapen
   *   alone. Nothing is loaded then.
   */
  loadStateDict(
    dict: Readonly<StateDict>,
    options?: { readonly strict?: boolean; readonly prefix?: string },
  ): IncompatibleKeys {
    const functionName = `${this.#name}.loadStateDict`;
    const { strict, prefix } = optionsOf(functionName, options, (given) => ({
      strict: flagOf(functionName, "strict", given.strict, true),
      prefix: prefixOf(functionName, given.prefix),
    }));
    const counts = this.batchCount !== undefined;
    const setCount = counts ? (count: number) => void (this.batchCount = count) : undefined;
    return loadState(functionName, { tensors: this.#tensors(), setCount }, dict, { strict, prefix });
  }

  #run<Result>(method: string, run: (functionName: string, engine: Engine) => Result): Result {
    const functionName = `${this.#name}.${method}`;
    return named(functionName, () => run(functionName, engineOf(functionName, this.#engine)));
  }

  #namedParameters(): Map<string, Parameter> {
    const { weight, bias } = this;
    return new Map(Object.entries({ weight, bias }).filter((entry): entry is [string, Parameter] => entry[1] !== null));
  }

  /** Parameters and buffers, over their own data. */
  #tensors(): Map<string, Tensor> {
    const tensors = new Map<string, Tensor>();
    for (const [key, parameter] of this.#namedParameters()) tensors.set(key, parameter.tensor);
    for (const [key, buffer] of Object.entries(this.buffers())) tensors.set(key, buffer);
    return tensors;
  }
}

/** A host tensor of the same elements, in place of one that a scope may free. */
function onHost(tensor: Tensor): Tensor {
  if (!tensor.resident) return tensor;
  const copy = Tensor.host((tensor.data as ParameterArray).slice(), tensor.shape, tensor.format);
  tensor.dispose();
  return copy;
}

/** Adds a gradient that is nobody else's to its parameter's. */
function add(parameter: Parameter | null, gradient: Tensor | null | undefined): void {
  if (!parameter || !gradient) return;
  parameter.accumulate(gradient);
  gradient.dispose();
}
