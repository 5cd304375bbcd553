// What `npm start` shows: tensor files through the command line, the question the project began with, and the speed on
// this machine. Ends with exit code 1 at the first step that fails.
//
//   npm run build && node examples/start.mjs

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readNpy } from "lanenorm/io";
import { explain, result, title } from "./support/text.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const commandLine = join("dist", "cli", "main.js");

try {
  requireBuild();
  await normaliseFiles();
  answerQuestion();
  measureSpeed();
} catch (error) {
  console.error(`\nstart: ${error.message}`);
  process.exitCode = 1;
}

function requireBuild() {
  if (!existsSync(join(root, commandLine))) throw new Error(`${commandLine} is missing: run npm run build first`);
}

async function normaliseFiles() {
  title("Tensor files, normalised by the command line");
  explain("The files are .npy, written by NumPy. The results, in examples/out, are .npy too: numpy.load reads them.");
  mkdirSync(join(root, "examples", "out"), { recursive: true });

  const rows = ["layer-norm", "examples/data/measurements_float64.npy", "--normalized-shape", "48"];
  lanenorm([rows, ["-o", "examples/out/measurements.npy"]]);
  await show("each row after", "examples/out/measurements.npy", 48);

  await withParameters("layer-norm", "tokens", ["--normalized-shape", "768"], { name: "token", size: 768 });
  // 8 groups of 4 channels at 12 x 12 locations in each of 4 feature maps
  await withParameters("group-norm", "feature_map", ["--num-groups", "8"], { name: "group", size: 4 * 12 * 12 });
  explain(
    "\nThe last two are near 0 and 1, not at them, because they have been multiplied by a weight and given a bias.",
  );
}

/** Normalises a file that has a weight and a bias beside it, and shows what that did to its groups of elements. */
async function withParameters(command, name, choice, group) {
  const [input, output] = [`examples/data/${name}.npy`, `examples/out/${name}.npy`];
  const [weight, bias] = [`examples/data/${name}_weight.npy`, `examples/data/${name}_bias.npy`];
  lanenorm([
    [command, input, ...choice],
    ["--weight", weight],
    ["--bias", bias],
    ["-o", output],
  ]);
  await show(`each ${group.name} before`, input, group.size);
  await show(`each ${group.name} after`, output, group.size);
}

function answerQuestion() {
  title("The question this project began with");
  run(["examples/question.mjs"], "node examples/question.mjs");
}

function measureSpeed() {
  title("The speed on this machine, beside plain JavaScript");
  explain("The same layers by the kernels and by a plain loop, taken in turns for about 5 seconds.");
  lanenorm([["bench"]]);
}

/** Runs the command line, after printing it as one types it, each of `parts` on a line. */
function lanenorm(parts) {
  const typed = parts.map((part) => part.join(" ")).join(" \\\n      ");
  run([commandLine, ...parts.flat()], `npx lanenorm ${typed}`);
}

/** Runs a script with this Node, its output among ours. */
function run(argv, typed) {
  console.log(`\n  $ ${typed}\n`);
  const { status, signal, error } = spawnSync(process.execPath, argv, { cwd: root, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) throw new Error(`${typed.split(" \\\n")[0]} ended with ${signal ?? `exit code ${status}`}`);
}

/** The least and the greatest mean and standard deviation among all runs of `size` neighbours in a file. */
async function show(label, path, size) {
  const { data: values } = await readNpy(readFileSync(join(root, path)));
  const groups = Array.from({ length: values.length / size }, (_, i) => values.subarray(i * size, (i + 1) * size));
  result(label, `mean ${range(groups.map(mean))}, deviation ${range(groups.map(deviation))}`);
}

function deviation(values) {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function range(values) {
  // Rounding and then adding 0 leaves no -0.00.
  const [least, greatest] = [Math.min(...values), Math.max(...values)].map(
    (value) => Math.round(value * 100) / 100 + 0,
  );
  return `${least.toFixed(2)} to ${greatest.toFixed(2)}`;
}
