/** Whether the values of a family are as large as their dtype has them, so that products with them leave its range. */
export function isLargest(family: string): boolean {
  return /MAX|largest|65504|2\^1023|2\^127/.test(family);
}
