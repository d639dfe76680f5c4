import { hexEscapeDigits } from './scanner.js';

const escapedBytes: Readonly<Record<string, number>> = {
  a: 0x07,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  v: 0x0b,
};

const LAST_BYTE = 0xff;
const LAST_CODE_POINT = 0x10ffff;
/** Where a byte that is no UTF-8 is kept in a string: half a surrogate pair, which no text from the wire contains. */
const STRAY_BYTE = 0xdc00;

const escapeSequence = /\\(?:([0-7]{3})|([xuU])([0-9a-fA-F]+)|(.))/gsu;

/**
 * The text inside quotes, escapes resolved. `\ooo` and `\xhh` give bytes, which together must be UTF-8 to mean
 * characters; a stray byte becomes half a surrogate pair, so that it equals nothing that a record can hold. `\u` and
 * `\U` give characters; half a surrogate pair becomes U+FFFD (containerd: pkg/filters/quote.go).
 *
 * @param quoted A token of kind `quoted`: escapes are well formed and have their digits.
 * @returns undefined when an escape names no byte or no character.
 */
export function unquote(quoted: string): string | undefined {
  const text = quoted.slice(1, -1);
  if (!text.includes('\\')) return text;
  const pieces: Buffer[] = [];
  let end = 0;
  for (const match of text.matchAll(escapeSequence)) {
    pieces.push(Buffer.from(text.slice(end, match.index)));
    const used = bytesOf(match);
    if (used === undefined) return undefined;
    pieces.push(used.bytes);
    end = match.index + used.length;
  }
  pieces.push(Buffer.from(text.slice(end)));
  return decode(Buffer.concat(pieces));
}

interface Unescaped {
  readonly bytes: Buffer;
  /** Characters of the escape; what a greedy match took beyond its digits is not among them. */
  readonly length: number;
}

function bytesOf(match: RegExpMatchArray): Unescaped | undefined {
  const [, octal, kind, digits, other] = match;
  if (octal !== undefined) {
    const byte = Number.parseInt(octal, 8);
    return byte > LAST_BYTE ? undefined : { bytes: Buffer.of(byte), length: octal.length + 1 };
  }
  if (kind !== undefined && digits !== undefined) {
    const count = hexEscapeDigits.get(kind) ?? digits.length;
    const bytes = bytesOfHex(kind, Number.parseInt(digits.slice(0, count), 16));
    return bytes && { bytes, length: 2 + count };
  }
  const character = other ?? '';
  const byte = escapedBytes[character];
  const bytes = byte === undefined ? Buffer.from(character) : Buffer.of(byte);
  return { bytes, length: 1 + character.length };
}

function bytesOfHex(kind: string, value: number): Buffer | undefined {
  if (kind === 'x') return Buffer.of(value);
  return value > LAST_CODE_POINT ? undefined : Buffer.from(String.fromCodePoint(value));
}

function decode(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (Buffer.from(text).equals(bytes)) return text;
  return decodeKeepingStrays(bytes);
}

function decodeKeepingStrays(bytes: Buffer): string {
  let text = '';
  for (let position = 0; position < bytes.length; ) {
    const width = widthOfSequence(bytes, position);
    text +=
      width === 0
        ? String.fromCharCode(STRAY_BYTE + (bytes[position] ?? 0))
        : bytes.toString('utf8', position, position + width);
    position += Math.max(width, 1);
  }
  return text;
}

/** The bytes of the character at a position; 0 when the byte there begins no complete character. */
function widthOfSequence(bytes: Buffer, position: number): number {
  for (let width = 1; width <= 4 && position + width <= bytes.length; width++) {
    const piece = bytes.subarray(position, position + width);
    if (Buffer.from(piece.toString('utf8')).equals(piece)) return width;
  }
  return 0;
}
