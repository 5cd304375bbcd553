/** Reads the building blocks of the WebAssembly binary format, in order. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#position === this.#bytes.length;
  }

  byte(): number {
    if (this.done) throw new Error("the bytes end early");
    return this.#bytes[this.#position++];
  }

  bytes(count: number): Uint8Array {
    const start = this.#position;
    if (start + count > this.#bytes.length) throw new Error("the bytes end early");
    this.#position += count;
    return this.#bytes.subarray(start, start + count);
  }

  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.#position);
  }

  /** An integer in LEB128. Signed ones come out as other numbers, but take their bytes. */
  leb(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  }

  name(): string {
    return new TextDecoder("utf-8", { fatal: true }).decode(this.bytes(this.leb()));
  }
}
