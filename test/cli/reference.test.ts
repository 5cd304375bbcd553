import { expect, it } from "vitest";
import { parseReference } from "../../src/cli/files/reference.js";

it.each([
  ["x.npy", { path: "x.npy" }],
  ["-", { path: "-" }],
  ["-:key", { path: "-", key: "key" }],
  ["./-:a:b", { path: "-", key: "a:b" }],
  ["model.safetensors", { path: "model.safetensors" }],
  ["model.safetensors:ln.weight", { path: "model.safetensors", key: "ln.weight" }],
  ["C:\\models\\a.SafeTensors:h.0:x", { path: "C:\\models\\a.SafeTensors", key: "h.0:x" }],
  ["arrays.npz:arr_0", { path: "arrays.npz", key: "arr_0" }],
  ["a.npz:b.safetensors:c", { path: "a.npz", key: "b.safetensors:c" }],
  ["folder:with/colon.npy", { path: "folder:with/colon.npy" }],
  ["x.npz:", { path: "x.npz:" }],
])("%s", (text, reference) => expect(parseReference(text)).toEqual(reference));
