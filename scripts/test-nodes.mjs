// The same bits on every Node we support: checks the committed hashes on each. The npm package "node" carries the binaries.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const VERSIONS = [20, 22, 24, 26];

const check = fileURLToPath(new URL("../test/determinism/main.mjs", import.meta.url));
const failed = VERSIONS.filter((version) => {
  const { status } = spawnSync("npm", ["exec", "--yes", `--package=node@${version}`, "--", "node", check], {
    stdio: "inherit",
  });
  return status !== 0;
});
if (failed.length > 0) {
  console.error(`failed on Node ${failed.join(", ")}`);
  process.exitCode = 1;
}
