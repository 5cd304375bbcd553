// Jobs on numbers of 16 bits run in float32 copies, so that nothing else knows them.

import { numbersOf } from "../../elements.js";
import { UnsupportedError } from "../../errors.js";
import { encode, halfBitsOf } from "../../math/half.js";
import { type Operand, ownOperand } from "../../ops/operand.js";

/** A float32 copy of an operand of 16 bits. */
export function float32Copy(functionName: string, argument: string, operand: Operand): Operand {
  try {
    return ownOperand(numbersOf(operand), operand.sizes, operand.format);
  } catch {
    const expected = "must fit a Float32Array of this platform";
    throw new UnsupportedError(functionName, argument, expected, `${operand.size} elements`);
  }
}

/** What all jobs of backward have. */
interface Job {
  readonly functionName: string;
  readonly gradOutput: Operand;
  readonly x: Operand;
  readonly gradInput: Operand | undefined;
}

/** A job of backward with gradOutput and x in float32; gradInput takes gradOutput's place. */
export function widenedGradients<Any extends Job>(run: (job: Any) => void): (job: Any) => void {
  return (job) => {
    const { functionName, gradInput } = job;
    if (job.x.format.bytes !== 2) {
      run(job);
      return;
    }
    const x = float32Copy(functionName, "x", job.x);
    const gradOutput = float32Copy(functionName, "gradOutput", job.gradOutput);
    run({ ...job, x, gradOutput, gradInput: gradInput && gradOutput });
    if (gradInput) encode(gradInput.format.dtype, halfBitsOf(gradInput.data), gradOutput.data as Float32Array);
  };
}
