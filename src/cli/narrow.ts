/** float64 rounded to float32, and a note for a person of what that did. */
export function narrowed(wide: Float64Array): { narrow: Float32Array; note: string } {
  const narrow = new Float32Array(wide);
  let overflows = 0;
  for (let i = 0; i < wide.length; i++) if (!Number.isFinite(narrow[i]) && Number.isFinite(wide[i])) overflows++;
  const lost = overflows === 0 ? "" : `; ${overflows} beyond its range became infinite`;
  return { narrow, note: `float64 was rounded to float32${lost}` };
}
