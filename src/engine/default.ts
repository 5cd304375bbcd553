import { describe } from "../dtype.js";
import { ArgumentError } from "../errors.js";
import { createEngineSync } from "./create.js";
import { Engine } from "./engine.js";

let current: Engine | undefined;

/** The engine that the functions of the package use; made on first use. */
export function defaultEngine(): Engine {
  return (current ??= createEngineSync());
}

/** Makes another engine the default. Tensors of the former keep working on the former. Throws ArgumentError. */
export function setDefaultEngine(engine: Engine): void {
  if (!Engine.is(engine)) {
    throw new ArgumentError("setDefaultEngine", "engine", "must be an Engine", describe(engine));
  }
  current = engine;
}
