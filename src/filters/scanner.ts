import {
  defectOf,
  END,
  isFieldCharacter,
  isHexDigit,
  isOctalDigit,
  isOperator,
  isQuote,
  isSeparator,
  isSpace,
  isValueCharacter,
  widthOf,
} from './characters.js';

/** What a token is. `other` is a character that begins none of the rest. */
export type TokenKind = 'end' | 'quoted' | 'value' | 'field' | 'separator' | 'operator' | 'illegal' | 'other';

/** A piece of a filter. */
export interface Token {
  readonly kind: TokenKind;
  /** Where it begins, in UTF-16 code units. */
  readonly position: number;
  /** Its characters, quotes included; for `illegal`, the reason instead. */
  readonly text: string;
}

const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
const simpleEscapes: ReadonlySet<number> = new Set(Array.from('abfnrtv\\', (character) => character.charCodeAt(0)));

/** How many hexadecimal digits follow `\x`, `\u` and `\U`. */
export const hexEscapeDigits: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

/**
 * Cuts a filter into tokens. The language has a context: after an operator a bare word is a value, which may hold
 * nearly anything, until a separator comes; elsewhere it is a field (containerd: pkg/filters/scanner.go).
 */
export class Scanner {
  readonly #input: string;
  #position = 0;
  #valueExpected = false;

  constructor(input: string) {
    this.#input = input;
  }

  /** Where the next character is. */
  get position(): number {
    return this.#position;
  }

  /** The next character, or `END`; does not move. */
  peek(): number {
    return this.#input.codePointAt(this.#position) ?? END;
  }

  /** The next token, after any white space. A token of kind `illegal` or `other` is not moved over. */
  scan(): Token {
    this.#skip(isSpace);
    const position = this.#position;
    const first = this.peek();
    if (first === END) return { kind: 'end', position, text: '' };
    const defect = defectOf(first);
    if (defect !== undefined) return { kind: 'illegal', position, text: defect };
    if (isQuote(first)) return this.#scanQuoted(first);
    const kind = this.#scanWord(first);
    return { kind, position, text: this.#input.slice(position, this.#position) };
  }

  #scanWord(first: number): TokenKind {
    if (isSeparator(first)) {
      this.#valueExpected = false;
      this.#advance();
      return 'separator';
    }
    if (isOperator(first)) {
      this.#valueExpected = true;
      this.#skip(isOperator);
      return 'operator';
    }
    if (this.#valueExpected) {
      this.#valueExpected = false;
      this.#advance();
      this.#skip((character) => defectOf(character) === undefined && isValueCharacter(character));
      return 'value';
    }
    if (!isFieldCharacter(first)) return 'other';
    this.#skip(isFieldCharacter);
    return 'field';
  }

  #scanQuoted(quote: number): Token {
    const position = this.#position;
    this.#advance();
    let reason: string | undefined;
    for (;;) {
      const character = this.peek();
      if (character === quote) break;
      const ending = character === END || character === NEWLINE;
      reason ??= ending ? 'quoted literal not terminated' : defectOf(character);
      if (ending || defectOf(character) !== undefined) break;
      this.#advance();
      if (character === BACKSLASH) reason ??= this.#scanEscape(quote);
    }
    if (reason !== undefined) return { kind: 'illegal', position, text: reason };
    this.#advance();
    return { kind: 'quoted', position, text: this.#input.slice(position, this.#position) };
  }

  /** Moves over what follows a backslash. Returns why it is no escape; then only its valid part was moved over. */
  #scanEscape(quote: number): string | undefined {
    const character = this.peek();
    const defect = defectOf(character);
    if (defect !== undefined) return defect;
    if (isOctalDigit(character)) return this.#scanDigits(isOctalDigit, 3);
    if (character === quote || simpleEscapes.has(character)) {
      this.#advance();
      return undefined;
    }
    const digits = character === END ? undefined : hexEscapeDigits.get(String.fromCodePoint(character));
    if (digits === undefined) return 'illegal escape sequence';
    this.#advance();
    return this.#scanDigits(isHexDigit, digits);
  }

  #scanDigits(isDigit: (character: number) => boolean, count: number): string | undefined {
    for (let left = count; left > 0; left--) {
      const character = this.peek();
      if (!isDigit(character)) return defectOf(character) ?? 'illegal numeric escape sequence';
      this.#advance();
    }
    return undefined;
  }

  #advance(): void {
    this.#position += widthOf(this.peek());
  }

  #skip(belongs: (character: number) => boolean): void {
    while (belongs(this.peek())) this.#advance();
  }
}
