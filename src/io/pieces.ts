/** The bytes of a stream, in pieces of another size than it comes in. */
export class Pieces {
  readonly #stream: AsyncGenerator<Uint8Array, void, undefined>;
  /** What has come and was not asked for yet. */
  #rest = new Uint8Array();

  constructor(stream: AsyncGenerator<Uint8Array, void, undefined>) {
    this.#stream = stream;
  }

  /** Fills an array, and returns how many bytes that were: fewer than it holds only at the end of the stream. */
  async fill(target: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      if (this.#rest.length === 0 && !(await this.#next())) break;
      const piece = this.#rest.subarray(0, target.length - filled);
      target.set(piece, filled);
      filled += piece.length;
      this.#rest = this.#rest.subarray(piece.length);
    }
    return filled;
  }

  /** Whether that was all. What checks the stream at its end has then done so. */
  async atEnd(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#next());
  }

  /** Stops the stream. */
  async close(): Promise<void> {
    await this.#stream.return();
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#stream.next();
    if (!done) this.#rest = value as Uint8Array<ArrayBuffer>;
    return !done;
  }
}
