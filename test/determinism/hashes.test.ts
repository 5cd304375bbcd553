import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createEngineSync } from "../../src/index.js";
import { compareHashes, computeHashes, type Hashes } from "./hashes.js";

it("results have the committed bits", () => {
  const file = new URL("./hashes.json", import.meta.url);
  const committed = JSON.parse(readFileSync(file, "utf8")) as Hashes;
  expect(compareHashes(computeHashes(createEngineSync), committed)).toEqual([]);
});
