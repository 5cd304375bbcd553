// The reference backend: plain TypeScript, float64 arithmetic, one rounding at the end. It needs no linear memory, so it
// works on any.

import { encode, halfBitsOf } from "../../math/half.js";
import type { Operand } from "../../ops/operand.js";
import type { Backend } from "../backend.js";
import { localResponseBackward } from "../portable/local_response_backward.js";
import { powerBackward } from "../portable/power_backward.js";
import { float32Copy, widenedGradients } from "../portable/widened.js";
import { affineGlobal, affineVectorized } from "./affine.js";
import { channelsBackward } from "./backward/channels.js";
import { rowsBackward } from "./backward/rows.js";
import { localResponse } from "./local_response.js";
import { moments, normalize } from "./normalize.js";
import { power } from "./power.js";

/** The js backend. */
export const jsBackend: Backend = {
  name: "js",
  normalize: widened(normalize),
  moments: widened(moments),
  affineGlobal: widened(affineGlobal),
  affineVectorized: widened(affineVectorized),
  power: widened(power),
  localResponse: widened(localResponse),
  rowsBackward: widenedGradients(rowsBackward),
  channelsBackward: widenedGradients(channelsBackward),
  powerBackward,
  localResponseBackward,
};

/** What all jobs have. */
interface Job {
  readonly functionName: string;
  readonly x: Operand;
  readonly out?: Operand;
}

/** Jobs on numbers of 16 bits run in place in a float32 copy, so that nothing else knows them. */
function widened<Any extends Job>(run: (job: Any) => void): (job: Any) => void {
  return (job) => {
    const { out } = job;
    if (job.x.format.bytes !== 2) run(job);
    else {
      const copy = float32Copy(job.functionName, "x", job.x);
      run({ ...job, x: copy, out: copy });
      if (out) encode(out.format.dtype, halfBitsOf(out.data), copy.data as Float32Array);
    }
  };
}
