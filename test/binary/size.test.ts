import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import { describe, expect, it } from "vitest";

describe("what users download", () => {
  it("is under 64 KB of WebAssembly", () => {
    const { length } = readFileSync(new URL("../../build/lanenorm.wasm", import.meta.url));
    console.log(`the binary has ${length} bytes`);
    expect(length).toBeLessThan(64 * 1024);
  });

  it.each(["neutral", "browser"] as const)("is under 45 KB gzipped forward, bundled for %s", async (platform) => {
    const bundle = await bundled(["index.js"], platform, [withoutGradients]);
    const { length } = gzipSync(bundle, { level: 9 });
    console.log(`the main entry has ${bundle.length} bytes, ${length} gzipped, without gradients (${platform})`);
    expect(length).toBeLessThan(45 * 1024);
  });

  it.each(["neutral", "browser"] as const)("is under 58 KB gzipped in all, bundled for %s", async (platform) => {
    const bundle = await bundled(["index.js"], platform);
    const { length } = gzipSync(bundle, { level: 9 });
    console.log(`the main entry has ${bundle.length} bytes, ${length} gzipped (${platform})`);
    expect(length).toBeLessThan(58 * 1024);
  });

  it("is less than 4 KB gzipped more with lanenorm/nn, which brings neither files nor conversion", async () => {
    const main = gzipSync(await bundled(["index.js"], "browser"), { level: 9 }).length;
    const both = gzipSync(await bundled(["index.js", "nn/index.js"], "browser"), { level: 9 }).length;
    console.log(`lanenorm/nn adds ${both - main} bytes gzipped`);
    expect(both - main).toBeLessThan(4 * 1024);
  });

  it.each(["onnx", "webnn"])("is less than 8 KB gzipped more with lanenorm/%s", async (adapter) => {
    const main = gzipSync(await bundled(["index.js"], "browser"), { level: 9 }).length;
    const both = gzipSync(await bundled(["index.js", `adapters/${adapter}/index.js`], "browser"), { level: 9 }).length;
    console.log(`lanenorm/${adapter} adds ${both - main} bytes gzipped`);
    expect(both - main).toBeLessThan(8 * 1024);
  });
});

/** Entries of dist and all they need, WebAssembly included, in one minified module. */
async function bundled(
  entries: readonly string[],
  platform: "neutral" | "browser",
  plugins: Plugin[] = [],
): Promise<Uint8Array> {
  const resolveDir = fileURLToPath(new URL("../../dist", import.meta.url));
  const contents = entries.map((entry, index) => `export * as entry${index} from "./${entry}";`).join("\n");
  const options = { bundle: true, minify: true, format: "esm", write: false, logLevel: "error" } as const;
  const { outputFiles } = await build({ ...options, stdin: { contents, resolveDir }, platform, plugins });
  return outputFiles[0].contents;
}

/** Leaves the modules of backward out: what imports them gets undefined. */
const withoutGradients: Plugin = {
  name: "without gradients",
  setup({ onLoad }) {
    onLoad({ filter: /(_backward|gradients|gradient_module|backward\.generated|[\\/]backward[\\/]\w+)\.js$/ }, () => ({
      contents: "module.exports = {};",
    }));
  },
};
