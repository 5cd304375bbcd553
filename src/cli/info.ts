import { createEngineSync } from "../index.js";
import { parseCommandLine, takePositionals } from "./arguments.js";
import type { Command } from "./environment.js";
import { formatSeconds } from "./format.js";
import { print } from "./print.js";
import { selfTest } from "./self_test.js";
import { version } from "./version.js";

const summary = "Say what runs here, and test it";

export const info: Command = {
  name: "info",
  summary,
  help: `Usage: lanenorm info [--json]

${summary}.
The self-test runs every op in every dtype, and compares the bits of the results with
those of all other machines. Exit code 1 if they differ.

Options:
  --json                    Print it for machines
  -h, --help                This help
`,

  async run(argv, { stdout }) {
    const { values, positionals } = parseCommandLine(argv, { json: { type: "boolean" } } as const);
    takePositionals(positionals, []);
    const report = inspect();
    await print(stdout, values.json ? `${JSON.stringify(report)}\n` : describe(report));
    if (report.selfTest.failed.length > 0)
      throw new Error(`the self-test failed: ${report.selfTest.failed.join(", ")}`);
  },
};

interface Report {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  readonly backend: "wasm" | "js";
  readonly threads: number;
  readonly selfTest: { readonly passed: number; readonly failed: readonly string[]; readonly seconds: number };
}

function inspect(): Report {
  const engine = createEngineSync();
  try {
    const start = performance.now();
    const { passed, failed } = selfTest(engine);
    const seconds = (performance.now() - start) / 1000;
    return {
      version: version(),
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      backend: engine.backend,
      threads: 1,
      selfTest: { passed, failed, seconds },
    };
  } finally {
    engine.dispose();
  }
}

function describe({ version, node, platform, backend, threads, selfTest }: Report): string {
  const { passed, failed, seconds } = selfTest;
  const duration = formatSeconds(seconds);
  const verdict =
    failed.length === 0
      ? `passed: ${passed} ops in ${duration}, with the bits of every machine`
      : `failed: ${failed.join(", ")} have other bits than elsewhere`;
  return `lanenorm     ${version}
Node         ${node}, ${platform}
backend      ${backend === "wasm" ? "wasm, with SIMD" : "js: no WebAssembly SIMD here"}
threads      ${threads}
self-test    ${verdict}
`;
}
