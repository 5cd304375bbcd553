#!/usr/bin/env node
import { run } from "./run.js";

// Whoever writes to standard output hears of its failures; of standard error's, nobody is left to hear. Without these
// handlers either would end the process with a stack trace.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

process.exitCode = await run(process.argv.slice(2), process);
