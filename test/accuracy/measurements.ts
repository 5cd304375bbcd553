import { expect } from "vitest";
import { formatReport, type Measurement } from "../support/measure.js";
import { bound } from "./engines.js";

/** The measurements of one file of tests: checks the bound, and prints the worst with ACCURACY_REPORT=1. */
export class Measurements {
  readonly #all: Measurement[] = [];
  readonly #bound: number;

  constructor(largest = bound) {
    this.#bound = largest;
  }

  /** Fails where a measurement is above the bound. */
  expectAccurate(measured: readonly Measurement[]): void {
    this.#all.push(...measured);
    const failures = measured.filter(({ err }) => !(err <= this.#bound));
    expect(
      failures.map(({ label, family, n, eps, err }) => `${label}: err ${err} on ${family}, n = ${n}, eps = ${eps}`),
    ).toEqual([]);
  }

  /** The worst case of every operation, and of every family on each backend. */
  report(title: string): void {
    if (!process.env.ACCURACY_REPORT || this.#all.length === 0) return;
    const ofOperations = this.#all.map((measurement) => ({ ...measurement, ...split(measurement.label) }));
    const ofFamilies = this.#all.map((measurement) => ({ ...measurement, label: backendOf(measurement.label) }));
    console.log(`${title}\n\n${formatReport(ofOperations)}\n\n${formatReport(ofFamilies)}`);
  }
}

/** "wasm plain: layerNorm" in two: operations down, what is measured across. */
function split(label: string): { label: string; family: string } {
  const [what, operation] = label.split(": ");
  return { label: what, family: operation };
}

function backendOf(label: string): string {
  return label.split(" ")[0];
}
