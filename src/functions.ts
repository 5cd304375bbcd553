// The functions of the package: those of the default engine.

export * from "./functions/backward.js";
export * from "./functions/forward.js";
export * from "./functions/halves.js";
