// Bundles the command line and its thread into dist/bin: Node takes twice as long to start from a hundred modules.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));

await build({
  entryPoints: [`${dist}cli/main.js`, `${dist}cli/worker.js`],
  outdir: `${dist}bin`,
  bundle: true,
  splitting: true,
  // What is loaded on demand, the ZIP library, stays where npm puts it.
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20",
  logLevel: "warning",
});
