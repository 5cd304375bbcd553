/** A stretch of an axis, in cells. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

/** A cell of an axis as it is drawn. */
export interface Tick extends Span {
  /** Which index it shows. */
  readonly index: number;
}

/** An axis as it is drawn. */
export interface Ticks {
  readonly cells: readonly Tick[];
  /** Where indices have been left out. */
  readonly gap: Span | undefined;
  readonly length: number;
}

const GAP = 0.6;

/** All indices of a short axis; of a long one the first and the last, and a gap between. */
export function ticksOf(extent: number, most: number): Ticks {
  if (extent <= most) {
    const cells = Array.from({ length: extent }, (_, index) => ({ index, begin: index, end: index + 1 }));
    return { cells, gap: undefined, length: extent };
  }
  const first = Math.ceil(most / 2);
  const cells = Array.from({ length: most }, (_, place) => {
    const begin = place < first ? place : place + GAP;
    return { index: place < first ? place : extent - most + place, begin, end: begin + 1 };
  });
  return { cells, gap: { begin: first, end: first + GAP }, length: most + GAP };
}
