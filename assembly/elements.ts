// Elements whose type is known at run time: `wide` says float64, else they are float32. What is not in an inner loop is
// compiled once for both types, with these in place of a type parameter.

/** The bytes of `count` elements. */
// prettier-ignore
@inline export function elementBytes(count: i32, wide: bool): usize { return (<usize>count) << (2 + i32(wide)); }

/** The element at p. */
// prettier-ignore
@inline export function loadElement(p: usize, wide: bool): f64 { return wide ? f64.load(p) : <f64>f32.load(p); }

/** Stores an element, rounded to its type. */
@inline
export function storeElement(p: usize, value: f64, wide: bool): void {
  if (wide) f64.store(p, value);
  else f32.store(p, <f32>value);
}
