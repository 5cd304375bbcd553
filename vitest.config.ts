import { defineConfig } from "vitest/config";

// Where CI wants the counts; see .ci/run.
const countsFile = process.env.VITEST_JSON;

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    reporters: countsFile ? ["default", ["json", { outputFile: countsFile }]] : ["default"],
  },
});
