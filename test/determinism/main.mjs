// Checks the committed hashes on whichever Node runs this: `node test/determinism/main.mjs`, after `npm run build`.
// With --write, commits to new ones: only for a change that is meant to change bits.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { createEngineSync } from "../../dist/index.js";

const file = new URL("./hashes.json", import.meta.url);
const { compareHashes, computeHashes } = await importTypeScript("./hashes.ts");

const started = performance.now();
const hashes = computeHashes(createEngineSync);
const seconds = ((performance.now() - started) / 1000).toFixed(1);

if (process.argv.includes("--write")) {
  writeFileSync(file, `${JSON.stringify(hashes, null, 2)}\n`);
  console.log(`Node ${process.version}: hashes written, ${seconds} s`);
} else {
  const differences = compareHashes(hashes, JSON.parse(readFileSync(file, "utf8")));
  for (const difference of differences) console.error(`Node ${process.version}: ${difference}`);
  const verdict = differences.length === 0 ? "the committed bits" : `${differences.length} results with other bits`;
  console.log(`Node ${process.version}: ${verdict}, ${seconds} s`);
  process.exitCode = differences.length === 0 ? 0 : 1;
}

/** The tests are TypeScript, which Node 20 does not read. */
async function importTypeScript(path) {
  const entry = fileURLToPath(new URL(path, import.meta.url));
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}
