// Takes comments, strings and templates out of the way of those who look for words in a source.

/** After these a slash begins a regular expression; after anything else it divides. */
const beforeExpression =
  /(?:^|[=(,:;[!&|?{}+\-*%~^<>]|\b(?:return|typeof|case|in|of|await|void|yield|throw|delete|do|else))$/;

/**
 * @typedef {object} Masked
 * @property {string} code The source with blanks for comments and the text of templates, `"0"`, `"1"` ... for strings, and a
 *   backtick at both ends of a template. What templates insert stays, and so do the ends of lines.
 * @property {readonly string[]} strings What the strings are, by their number.
 */

/**
 * @param {string} source
 * @returns {Masked}
 * @throws {SyntaxError} When a comment or a template has no end, since what follows could not be trusted.
 */
export function mask(source) {
  return new Masker(source).run();
}

class Masker {
  #source;
  #at = 0;
  #code = '';
  /** @type {string[]} */
  #strings = [];

  /** @param {string} source */
  constructor(source) {
    this.#source = source;
  }

  /** @returns {Masked} */
  run() {
    this.#untilBrace(false);
    return { code: this.#code, strings: this.#strings };
  }

  /** Reads code to its end, or to the brace that ends what a template inserts. @param {boolean} inserted */
  #untilBrace(inserted) {
    let depth = 0;
    while (this.#at < this.#source.length) {
      if (this.#readOther()) continue;
      const character = this.#source.charAt(this.#at);
      if (character === '{') depth += 1;
      if (character === '}') depth -= 1;
      if (inserted && depth < 0) return;
      this.#take(1);
    }
    if (inserted) throw new SyntaxError('a template has no end');
  }

  /** Reads a comment, a string, a template or a regular expression, if one begins here. */
  #readOther() {
    const rest = this.#source.slice(this.#at, this.#at + 2);
    if (rest === '//') this.#blank(this.#find('\n', this.#source.length));
    else if (rest === '/*') this.#blank(this.#end('*/', 'a comment'));
    else if (rest.startsWith("'") || rest.startsWith('"')) this.#string();
    else if (rest.startsWith('`')) this.#template();
    else if (rest.startsWith('/') && beforeExpression.test(this.#code.trimEnd())) this.#expression();
    else return false;
    return true;
  }

  #string() {
    const pattern = /'((?:\\[\s\S]|[^'\\\n])*)'?|"((?:\\[\s\S]|[^"\\\n])*)"?/y;
    pattern.lastIndex = this.#at;
    const [whole, single, double] = /** @type {RegExpExecArray} */ (pattern.exec(this.#source));
    this.#code += `"${this.#strings.length}"`;
    this.#strings.push(single ?? double ?? '');
    this.#at += whole.length;
  }

  #template() {
    this.#take(1);
    for (;;) {
      const text = /(?:\\[\s\S]|(?!\$\{)[^`\\])*/y;
      text.lastIndex = this.#at;
      this.#blank(this.#at + String(text.exec(this.#source)?.[0]).length);
      if (this.#source.startsWith('${', this.#at)) {
        this.#take(2);
        this.#untilBrace(true);
        this.#take(1);
      } else if (this.#source.charAt(this.#at) === '`') return this.#take(1);
      else throw new SyntaxError('a template has no end');
    }
  }

  #expression() {
    const pattern = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\//y;
    pattern.lastIndex = this.#at;
    const [whole] = pattern.exec(this.#source) ?? ['/'];
    if (whole === '/') this.#take(1);
    else this.#blank(this.#at + whole.length);
  }

  /** @param {number} count */
  #take(count) {
    this.#code += this.#source.slice(this.#at, this.#at + count);
    this.#at += count;
  }

  /** @param {number} end */
  #blank(end) {
    this.#code += this.#source.slice(this.#at, end).replace(/[^\n]/g, ' ');
    this.#at = end;
  }

  /**
   * @param {string} what
   * @param {number} otherwise
   */
  #find(what, otherwise) {
    const found = this.#source.indexOf(what, this.#at + 1);
    return found === -1 ? otherwise : found;
  }

  /**
   * @param {string} what
   * @param {string} name
   */
  #end(what, name) {
    const found = this.#find(what, -1);
    if (found === -1) throw new SyntaxError(`${name} has no end`);
    return found + what.length;
  }
}
