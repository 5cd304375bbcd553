import type { Engine } from "../../src/index.js";
import type { Golden, Parameters, Results, Values } from "./load.js";

/** Whether an operation has a native form, which also gives its statistics. */
export function hasNative({ op }: Golden): boolean {
  return ["layerNorm", "groupNorm", "instanceNorm", "batchNorm", "rmsNorm"].includes(op);
}

/** The native form where there is one: output, mean, rstd, and the running statistics after the call. */
export function callNative(engine: Engine, golden: Golden): Results<Values> {
  if (!hasNative(golden)) return callFunctional(engine, golden);
  return call(engine, golden, `native${golden.op[0].toUpperCase()}${golden.op.slice(1)}`);
}

export function callFunctional(engine: Engine, golden: Golden): Results<Values> {
  return call(engine, golden, golden.op);
}

type Function = (x: Values, ...rest: unknown[]) => Values | Results<Values>;

/** Running statistics are copied, as the call may change them; the copies are among the results. */
function call(engine: Engine, golden: Golden, name: string): Results<Values> {
  const parameters = copyOfParameters(golden);
  const method = (engine as unknown as Record<string, Function>)[name];
  const returned = method.call(engine, golden.input, ...golden.arguments, { ...golden.options, ...parameters });
  const { runningMean, runningVar } = parameters;
  return { ...("data" in returned ? { output: returned } : returned), runningMean, runningVar };
}

function copyOfParameters({ weight, bias, runningMean, runningVar }: Golden): Parameters {
  const given = Object.entries({ weight, bias, runningMean, runningVar }).filter(([, values]) => values);
  return Object.fromEntries(given.map(([name, values]) => [name, { ...values, data: values!.data.slice() }]));
}

export function title(golden: Golden): string {
  const { op, input, data, arguments: rest, options } = golden;
  const call = `${op} of ${input.dtype} [${input.shape}]`;
  const settings = [
    ...rest.map((argument) => `[${argument}]`),
    ...Object.entries(options).map((pair) => pair.join(" ")),
  ];
  const parameters = (["weight", "bias", "runningMean"] as const).filter((name) => golden[name]);
  const types = new Set(parameters.map((name) => golden[name]!.dtype));
  return `${[call, ...settings, ...parameters].join(", ")} ${[...types].join(" ")}: ${data}`;
}
