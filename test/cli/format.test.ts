import { expect, it } from "vitest";
import { formatBytes, formatRate, formatSeconds } from "../../src/cli/format.js";

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [12_582_912, "12.6 MB"],
  [8.14e9, "8.1 GB"],
  [3e15, "3000.0 TB"],
])("formatBytes(%d)", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

it.each([
  [3e-9, "3 ns"],
  [4.56e-6, "4.6 us"],
  [0.0031, "3.1 ms"],
  [1, "1.0 s"],
  [90.04, "90.0 s"],
])("formatSeconds(%d)", (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

it("formatRate", () => expect(formatRate(8.14e9)).toBe("8.1 GB/s"));
