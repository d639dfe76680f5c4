/**
 * The classes of characters that the filter language distinguishes. Characters are code points; `END` stands for the
 * end of the input (containerd: pkg/filters/scanner.go).
 */

/** What is read beyond the last character. */
export const END = -1;

/** U+FFFD: what decoders put where bytes were no text. */
export const REPLACEMENT = 0xfffd;

const BMP_LAST = 0xffff;

/** The UTF-16 code units that a character takes. */
export function widthOf(character: number): number {
  return character > BMP_LAST ? 2 : 1;
}

/**
 * Why a character may stand nowhere in a filter, in containerd's words; undefined when it may. A half of a surrogate
 * pair is treated as the broken UTF-8 that it would be on the wire.
 */
export function defectOf(character: number): string | undefined {
  if (character === 0) return 'unexpected null';
  const surrogate = character >= 0xd800 && character <= 0xdfff;
  return character === REPLACEMENT || surrogate ? 'rune error' : undefined;
}

function isOneOf(characters: string): (character: number) => boolean {
  const codes = new Set(Array.from(characters, (character) => character.charCodeAt(0)));
  return (character) => codes.has(character);
}

function isLike(pattern: RegExp): (character: number) => boolean {
  return (character) => character !== END && pattern.test(String.fromCodePoint(character));
}

/** Opens and closes a quoted text. `/` and `|` do so only for the operand of `~=`, but are never part of a bare word. */
export const isQuote = isOneOf('"/|');

/** Stands between selectors, or between the fields of a path. */
export const isSeparator = isOneOf(',.');

/** Operators are made of these, and any run of them is one operator. */
export const isOperator = isOneOf('=!~');

/** Counts in octal escapes. */
export const isOctalDigit = isOneOf('01234567');

/** Counts in the other numeric escapes. */
export const isHexDigit = isOneOf('0123456789abcdefABCDEF');

/** White space as Unicode has it. */
export const isSpace = isLike(/^\p{White_Space}$/u);

/** May be part of a field without quotes. */
export const isFieldCharacter = isLike(/^[A-Za-z0-9_]$/);

const isGraphic = isLike(/^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u);
const COMMA = 0x2c;

/** May be part of a bare value, once it has begun. */
export function isValueCharacter(character: number): boolean {
  return character !== COMMA && isGraphic(character);
}
