import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

/** What a bundler makes of `source`: the module itself, and what it imports when it needs it. */
interface Bundle {
  /** Gzipped, of all that is downloaded at once. */
  readonly bytes: number;
  /** The files it is made of. */
  readonly inputs: readonly string[];
  /** Gzipped, of each part that is imported later. */
  readonly later: readonly number[];
}

async function bundled(source: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: dist },
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    outdir: "out",
    write: false,
    metafile: true,
  });
  const sizes = outputFiles.map(({ path, contents }): [string, number] => [
    path,
    gzipSync(contents, { level: 9 }).length,
  ]);
  const sizeOf = (output: string) => sizes.find(([path]) => path.endsWith(output))![1];
  const entry = Object.keys(metafile.outputs).find((output) => metafile.outputs[output]!.entryPoint === "<stdin>")!;
  const atOnce = reached(metafile, entry);
  const later = Object.keys(metafile.outputs).filter((output) => !atOnce.has(output));
  return {
    bytes: [...atOnce].reduce((sum, output) => sum + sizeOf(output), 0),
    inputs: [...atOnce].flatMap((output) => Object.keys(metafile.outputs[output]!.inputs)),
    later: later.map(sizeOf),
  };
}

/** The outputs that one needs before it can run. */
function reached({ outputs }: Metafile, from: string, seen = new Set<string>()): Set<string> {
  if (seen.has(from)) return seen;
  seen.add(from);
  for (const { path, kind } of outputs[from]!.imports)
    if (kind === "import-statement") reached({ outputs, inputs: {} }, path, seen);
  return seen;
}

describe("what users of lanenorm/io download", () => {
  let [main, both, io] = [] as Bundle[];

  beforeAll(async () => {
    main = await bundled('export * from "./index.js"');
    both = await bundled('export * from "./index.js"; export * from "./io/index.js"');
    io = await bundled('export * from "./io/index.js"');
  });

  it("is under 8 KB gzipped more than the main entry", () => {
    console.log(
      `io adds ${both!.bytes - main!.bytes} bytes to the main entry; alone ${io!.bytes}; later ${io!.later.join(", ")}`,
    );
    expect(both!.bytes - main!.bytes).toBeLessThan(8 * 1024);
  });

  it("is no kernel, and no ZIP library until there is an archive", () => {
    expect(io!.inputs.filter((path) => /zip\.js|binary\.generated|backend|engine/.test(path))).toEqual([]);
    expect(io!.later.length).toBeGreaterThanOrEqual(2); // to read and to write
  });

  it("is less for who reads one format", async () => {
    const npy = await bundled('export { readNpy } from "./io/index.js"');
    console.log(`readNpy alone has ${npy.bytes} bytes`);
    expect(npy.bytes).toBeLessThan(0.6 * io!.bytes);
  });
});
