import { malformedBlock } from './decoder.js';

/** Where a field of a header block ends, as far as that can be told from what has arrived. */
export interface FieldExtent {
  /** The offset behind the field. When it is beyond the bytes, at least so many are needed to say more. */
  readonly end: number;
  /** The offset of a literal's value, once its name has arrived. */
  readonly value: number | undefined;
}

/**
 * How far the field reaches that begins at an offset, without decoding it.
 * @throws ProtocolError COMPRESSION_ERROR for a length that no field has.
 */
export function fieldExtent(bytes: Buffer, start: number): FieldExtent {
  const byte = bytes[start];
  if (byte === undefined) return { end: start + 1, value: undefined };
  if (byte & 0x80) return { end: integerAt(bytes, start, 7).end, value: undefined };
  if ((byte & 0xe0) === 0x20) return { end: integerAt(bytes, start, 5).end, value: undefined };
  const index = integerAt(bytes, start, (byte & 0xc0) === 0x40 ? 6 : 4);
  const name = index.value === 0 ? stringEnd(bytes, index.end) : index.end;
  if (name > bytes.length) return { end: name, value: undefined };
  return { end: stringEnd(bytes, name), value: name };
}

function stringEnd(bytes: Buffer, start: number): number {
  const length = integerAt(bytes, start, 7);
  return length.end + length.value;
}

/** An integer with a prefix of `prefix` bits in its first byte (RFC 7541, section 5.1); 0 while it is not complete. */
function integerAt(bytes: Buffer, start: number, prefix: number): { readonly value: number; readonly end: number } {
  const first = bytes[start];
  if (first === undefined) return { value: 0, end: start + 1 };
  const most = (1 << prefix) - 1;
  let value = first & most;
  if (value < most) return { value, end: start + 1 };
  for (let at = start + 1, shift = 0; ; at++, shift += 7) {
    // As in the decoder.
    if (shift > 21) throw malformedBlock();
    const byte = bytes[at];
    if (byte === undefined) return { value: 0, end: at + 1 };
    value += (byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) return { value, end: at + 1 };
  }
}
