import { staticTable } from './static-table.js';

/** A header to send; its name in lower case, both in characters of one byte. */
export type HeaderField = readonly [name: string, value: string];

const staticNames: ReadonlyMap<string, number> = new Map(
  staticTable.map(([name], index) => [name, index + 1] as const).reverse(),
);

const staticFields: ReadonlyMap<string, number> = new Map(
  staticTable.map(([name, value], index) => [`${name}\0${value}`, index + 1] as const).reverse(),
);

/** How the peer is to treat a literal. */
type Treatment = 'remember' | 'forget';

/**
 * A header block of its own: it neither uses nor changes what the peer remembers, so that it can be made once and sent
 * on any connection.
 */
export function encodeHeaders(fields: readonly HeaderField[]): Buffer {
  return Buffer.concat(fields.map((field) => encodeField(field, 'forget')));
}

/** A field, which the peer adds to its table or not (RFC 7541, section 6). */
export function encodeField([name, value]: HeaderField, treatment: Treatment): Buffer {
  const index = staticFields.get(`${name}\0${value}`);
  if (index !== undefined) return encodeInteger(index, { prefix: 7, flags: 0x80 });
  const form = treatment === 'remember' ? { prefix: 6, flags: 0x40 } : { prefix: 4, flags: 0 };
  const nameIndex = staticNames.get(name) ?? 0;
  const parts = [
    encodeInteger(nameIndex, form),
    ...(nameIndex === 0 ? encodeString(name) : []),
    ...encodeString(value),
  ];
  return Buffer.concat(parts);
}

/** A reference to the entry that was remembered `age` entries ago, 0 for the newest. */
export function encodeRemembered(age: number): Buffer {
  return encodeInteger(staticTable.length + 1 + age, { prefix: 7, flags: 0x80 });
}

/** Makes the peer forget everything. */
export const forgetAll = encodeInteger(0, { prefix: 5, flags: 0x20 });

function encodeString(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  return [encodeInteger(bytes.length, { prefix: 7, flags: 0 }), bytes];
}

function encodeInteger(value: number, { prefix, flags }: { prefix: number; flags: number }): Buffer {
  const most = (1 << prefix) - 1;
  if (value < most) return Buffer.from([flags | value]);
  const bytes = [flags | most];
  let rest = value - most;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
