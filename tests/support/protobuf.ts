/** Protobuf messages by hand: length-delimited fields, which is all that these requests have. */

/** A field of a message that was read: its bytes, or its number. */
export interface Field {
  readonly number: number;
  readonly bytes: Buffer;
  readonly value: number;
}

const lengthDelimited = 2;

/** A message of strings and messages, in the order given. Empty ones are written too. */
export function message(...fields: readonly (readonly [number: number, value: string | Buffer])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      const bytes = Buffer.from(value);
      return [varint(number * 8 + lengthDelimited), varint(bytes.length), bytes];
    }),
  );
}

/** The fields that make up a map of strings. */
export function mapFields(number: number, entries: Readonly<Record<string, string>>): [number, Buffer][] {
  return Object.entries(entries).map(([key, value]) => [number, message([1, key], [2, value])]);
}

/** A message in its gRPC frame. */
export function frame(body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}

/** The fields of a message, as they come. */
export function readFields(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  let position = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = bytes[position++] ?? 0;
      value += (byte % 0x80) * factor;
      if (byte < 0x80) return value;
    }
  };
  while (position < bytes.length) {
    const tag = readVarint();
    const number = Math.floor(tag / 8);
    const value = readVarint();
    const isBytes = tag % 8 === lengthDelimited;
    fields.push({ number, value, bytes: isBytes ? bytes.subarray(position, position + value) : Buffer.alloc(0) });
    if (isBytes) position += value;
  }
  return fields;
}

/** The first field of this number, as text; empty when there is none. */
export function textOf(fields: readonly Field[], number: number): string {
  return fields.find((field) => field.number === number)?.bytes.toString() ?? '';
}
