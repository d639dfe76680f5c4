/**
 * Reads one filter (containerd: pkg/filters/parser.go).
 *
 *     filter    = "" | selector { "," selector }
 *     selector  = fieldpath [ operator value ]         without an operator: the field must be present
 *     fieldpath = field { "." field }
 *     field     = '"' ... '"' | word of A-Z a-z 0-9 _
 *     operator  = "==" | "!=" | "~="
 *     value     = '"' ... '"' | bare word;  for "~=" also  "/" ... "/"  and  "|" ... "|"
 *
 * A bare value begins with anything but `, . = ! ~ " / |` and ends before a comma or white space. Quoted texts have
 * the escapes of Go. White space may stand before a field and around an operator, but not before a comma or at the end.
 */
import { InvalidArgumentError } from '../errors/index.js';
import { defectOf, END, REPLACEMENT, widthOf } from './characters.js';
import type { Operator, Selector } from './filter.js';
import { unquote } from './quote.js';
import { Scanner, type Token } from './scanner.js';

/**
 * The selectors of one filter, in order; none for the empty filter.
 * @throws InvalidArgumentError with containerd's text: `filters: parse error: [<before> >|<char>|< <after>]: <reason>`.
 */
export function parseFilter(input: string): readonly Selector[] {
  return input === '' ? [] : new Parser(input).selectors();
}

const COMMA = 0x2c;
const DOT = 0x2e;

/** A character in an error's text; one that no text may hold is replaced. */
function shown(character: number): string {
  return String.fromCodePoint(defectOf(character) === undefined ? character : REPLACEMENT);
}

class Parser {
  readonly #input: string;
  readonly #scanner: Scanner;

  constructor(input: string) {
    this.#input = input;
    this.#scanner = new Scanner(input);
  }

  selectors(): readonly Selector[] {
    const selectors = [this.#selector()];
    for (;;) {
      const next = this.#scanner.peek();
      if (next === END) return selectors;
      if (next !== COMMA) throw this.#error(this.#scanner.position, `unexpected input: ${shown(next)}`);
      this.#scanner.scan();
      selectors.push(this.#selector());
    }
  }

  #selector(): Selector {
    const fieldpath = this.#fieldpath();
    const next = this.#scanner.peek();
    if (next === END || next === COMMA) return { fieldpath, operator: 'present', value: '' };
    const operator = this.#operator();
    return { fieldpath, operator, value: this.#value(operator) };
  }

  #fieldpath(): readonly string[] {
    const fields = [this.#field()];
    while (this.#scanner.peek() === DOT) {
      this.#scanner.scan();
      fields.push(this.#field());
    }
    return fields;
  }

  #field(): string {
    const token = this.#scanner.scan();
    if (token.kind === 'field') return token.text;
    if (token.kind === 'quoted') return this.#unquote(token);
    throw this.#unexpected(token, 'expected field or quoted');
  }

  #operator(): Operator {
    const token = this.#scanner.scan();
    if (token.kind !== 'operator') throw this.#unexpected(token, 'expected an operator ("=="|"!="|"~=")');
    const { text } = token;
    if (text === '==' || text === '!=' || text === '~=') return text;
    throw this.#error(token.position, `unsupported operator "${text}"`);
  }

  #value(operator: Operator): string {
    const token = this.#scanner.scan();
    if (token.kind === 'value') return token.text;
    if (token.kind === 'quoted') return this.#unquote(token, { alternatives: operator === '~=' });
    throw this.#unexpected(token, 'expected value or quoted');
  }

  #unquote(token: Token, { alternatives = false } = {}): string {
    if (!alternatives && !token.text.startsWith('"')) throw this.#error(token.position, 'invalid quote encountered');
    const text = unquote(token.text);
    if (text === undefined) throw this.#error(token.position, 'unquoting failed: quote syntax error');
    return text;
  }

  #unexpected(token: Token, expectation: string): InvalidArgumentError {
    return this.#error(token.position, token.kind === 'illegal' ? token.text : expectation);
  }

  #error(position: number, reason: string): InvalidArgumentError {
    return new InvalidArgumentError(`filters: parse error: [${this.#marked(position)}]: ${reason}`);
  }

  /** The input with the character at a position marked; unmarked at its end. */
  #marked(position: number): string {
    const character = this.#input.codePointAt(position);
    if (character === undefined) return this.#input;
    const end = position + widthOf(character);
    return `${this.#input.slice(0, position)} >|${this.#input.slice(position, end)}|< ${this.#input.slice(end)}`;
  }
}
