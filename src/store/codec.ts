/** How the values of a table become bytes. */
export interface Codec<V> {
  encode(value: V, writer: RecordWriter): void;
  decode(reader: RecordReader): V;
}

const INITIAL_BYTES = 512;
const CONTINUE = 0x80;
const SEVEN_BITS = 0x7f;

/** Appends fields to a buffer that grows. A writer may be reset and used again; `finish` copies the bytes out. */
export class RecordWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 0;

  reset(): this {
    this.#length = 0;
    return this;
  }

  finish(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#length));
  }

  /** A whole number from 0 to 2^53 - 1, in one to eight bytes. */
  number(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`Cannot store ${value}: want a whole number`);
    this.#reserve(8);
    let rest = value;
    while (rest > SEVEN_BITS) {
      this.#buffer[this.#length++] = (rest % CONTINUE) | CONTINUE;
      rest = Math.floor(rest / CONTINUE);
    }
    this.#buffer[this.#length++] = rest;
    return this;
  }

  text(value: string): this {
    const bytes = Buffer.byteLength(value);
    this.number(bytes);
    this.#reserve(bytes);
    this.#length += this.#buffer.write(value, this.#length, 'utf8');
    return this;
  }

  map(values: ReadonlyMap<string, string>): this {
    this.number(values.size);
    for (const [key, value] of values) this.text(key).text(value);
    return this;
  }

  #reserve(bytes: number): void {
    const wanted = this.#length + bytes;
    if (wanted <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(wanted, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

/** Reads the fields back, in the order in which they were written. Throws RangeError on bytes that end too early. */
export class RecordReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  number(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#bytes[this.#position++];
      if (byte === undefined) throw new RangeError('The record ends inside a number');
      value += (byte & SEVEN_BITS) * factor;
      if (byte < CONTINUE) break;
      factor *= CONTINUE;
    }
    if (!Number.isSafeInteger(value)) throw new RangeError('The record holds a number beyond 2^53');
    return value;
  }

  text(): string {
    const length = this.number();
    const end = this.#position + length;
    if (end > this.#bytes.length) throw new RangeError('The record ends inside a text');
    const value = this.#bytes.toString('utf8', this.#position, end);
    this.#position = end;
    return value;
  }

  /** Passes over a text. */
  skipText(): void {
    const end = this.number() + this.#position;
    if (end > this.#bytes.length) throw new RangeError('The record ends inside a text');
    this.#position = end;
  }

  map(): ReadonlyMap<string, string> {
    const size = this.number();
    const values = new Map<string, string>();
    for (let count = 0; count < size; count++) values.set(this.text(), this.text());
    return values;
  }
}

/** A value that is a single number. */
export const numberCodec: Codec<number> = {
  encode: (value, writer) => void writer.number(value),
  decode: (reader) => reader.number(),
};

/** A value that is a single text. */
export const textCodec: Codec<string> = {
  encode: (value, writer) => void writer.text(value),
  decode: (reader) => reader.text(),
};

/** No value: the key says everything. */
export const presenceCodec: Codec<true> = {
  encode: () => undefined,
  decode: () => true,
};
