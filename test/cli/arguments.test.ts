import { describe, expect, it } from "vitest";
import {
  parseChoice,
  parseCommandLine,
  parseCount,
  parseNumber,
  parseShape,
  required,
  takePositionals,
  UsageError,
} from "../../src/cli/arguments.js";

describe("parseShape", () => {
  it.each([
    ["768", [768]],
    ["6,10,10", [6, 10, 10]],
    ["6, 10, 10", [6, 10, 10]],
    ["[6, 10, 10]", [6, 10, 10]],
    [" [768] ", [768]],
    ["0", [0]],
  ])("reads %j", (text, shape) => expect(parseShape("--shape", text)).toEqual(shape));

  it.each(["", ",", "6,", ",6", "6,,10", "6 10", "-1", "1.5", "1e3", "0x10", "[6", "6]", "NaN", "9007199254740993"])(
    "refuses %j",
    (text) => expect(() => parseShape("--shape", text)).toThrow(UsageError),
  );

  it("names the option and what came", () =>
    expect(() => parseShape("--shape", "6,x")).toThrow("--shape takes whole numbers, got 'x'"));
});

it("parseCount reads whole numbers only", () => {
  expect(parseCount("--num-groups", "32")).toBe(32);
  for (const text of ["", "-1", "3.0", "abc"]) expect(() => parseCount("--num-groups", text)).toThrow(UsageError);
});

it("parseNumber reads what JavaScript does, but not nothing", () => {
  expect(parseNumber("--eps", "1e-5")).toBe(1e-5);
  expect(parseNumber("--eps", "-1")).toBe(-1);
  for (const text of ["", " ", "small", "1e", "NaN"]) expect(() => parseNumber("--eps", text)).toThrow(UsageError);
});

it("parseChoice takes one of its choices", () => {
  expect(parseChoice("--backend", "js", ["wasm", "js"])).toBe("js");
  expect(() => parseChoice("--backend", "gpu", ["wasm", "js"])).toThrow("--backend takes wasm, js, got 'gpu'");
});

it("required takes no empty value", () => {
  expect(required("-o", "y.npy")).toBe("y.npy");
  for (const value of [undefined, ""]) expect(() => required("-o", value)).toThrow("-o is missing");
});

it("takePositionals wants exactly the ones named", () => {
  expect(takePositionals(["a"], ["the input"])).toEqual(["a"]);
  expect(() => takePositionals([], ["the input"])).toThrow("the input is missing");
  expect(() => takePositionals(["a", "b"], ["the input"])).toThrow("unexpected argument 'b'");
});

describe("parseCommandLine", () => {
  const options = { output: { type: "string", short: "o" }, json: { type: "boolean" } } as const;

  it("reads options anywhere, and - as a value and as a positional", () => {
    const { values, positionals } = parseCommandLine(["-o", "-", "-", "--json"], options);
    expect({ ...values }).toEqual({ output: "-", json: true });
    expect(positionals).toEqual(["-"]);
  });

  it.each([
    [["--nonsense"], /^Unknown option '--nonsense'$/],
    [["--output"], /'-o, --output <value>' argument missing$/],
    [["-o", "--json"], /'-o' argument is ambiguous$/],
    [["--json=yes"], /'--json' does not take an argument$/],
  ])("refuses %j in one line", (argv, message) => {
    expect(() => parseCommandLine(argv, options)).toThrow(UsageError);
    expect(() => parseCommandLine(argv, options)).toThrow(message);
  });
});
