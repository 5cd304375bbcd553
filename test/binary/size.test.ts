import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

describe("what users download", () => {
  it("is under 64 KB of WebAssembly", () => {
    const { length } = readFileSync(new URL("../../build/lanenorm.wasm", import.meta.url));
    console.log(`the binary has ${length} bytes`);
    expect(length).toBeLessThan(64 * 1024);
  });

  it.each(["neutral", "browser"] as const)("is under 45 KB gzipped, bundled for platform %s", async (platform) => {
    const bundle = await bundled(platform);
    const { length } = gzipSync(bundle, { level: 9 });
    console.log(`the main entry has ${bundle.length} bytes, ${length} gzipped (${platform})`);
    expect(length).toBeLessThan(45 * 1024);
  });
});

/** The main entry and all it needs, WebAssembly included, in one minified module. */
async function bundled(platform: "neutral" | "browser"): Promise<Uint8Array> {
  const entry = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
  const options = { bundle: true, minify: true, format: "esm", write: false } as const;
  const { outputFiles } = await build({ ...options, entryPoints: [entry], platform });
  return outputFiles[0].contents;
}
