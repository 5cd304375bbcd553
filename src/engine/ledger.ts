/** A stretch of memory that is held. */
export interface Holding {
  readonly start: number;
  readonly size: number;
}

/** What is held of a memory, by the offsets that it was given out at. */
export abstract class Ledger {
  usedBytes = 0;
  peakBytes = 0;
  protected readonly held = new Map<number, Holding>();

  protected hold(offset: number, holding: Holding): void {
    this.held.set(offset, holding);
    this.usedBytes += holding.size;
    this.peakBytes = Math.max(this.peakBytes, this.usedBytes);
  }

  /** Takes back what was given out. */
  free(offset: number): void {
    const holding = this.held.get(offset);
    if (!holding) return;
    this.held.delete(offset);
    this.usedBytes -= holding.size;
    this.giveBack(holding);
  }

  freeAll(): void {
    for (const offset of this.held.keys()) this.free(offset);
  }

  protected abstract giveBack(holding: Holding): void;
}
