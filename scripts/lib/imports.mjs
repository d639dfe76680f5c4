// Reads the imports of a TypeScript file, without a compiler: the strings and comments are taken out of the way first.

/**
 * @typedef {object} Import
 * @property {string} specifier
 * @property {number} line From 1.
 * @property {'static' | 'type' | 'dynamic' | 'url'} kind `type` leaves nothing behind in the compiled file; `url` is
 *   `new URL('...', import.meta.url)`, by which a worker is started.
 */

/** Comments are blanked, strings are kept: what looks like an import inside a template does not matter in practice. */
const commentOrString = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

/** @type {readonly { kind: Import['kind'], pattern: RegExp }[]} */
const forms = [
  { kind: 'type', pattern: /^[ \t]*(?:import|export)\s+type\s+(?!from\s*['"])[^;'"]*?from\s*(['"])(.*?)\1/gm },
  { kind: 'static', pattern: /^[ \t]*(?:import|export)\s+(?!type\s+(?!from\s*['"]))[^;'"(]*?from\s*(['"])(.*?)\1/gm },
  { kind: 'static', pattern: /^[ \t]*import\s*(['"])(.*?)\1/gm },
  { kind: 'dynamic', pattern: /\bimport\(\s*(['"])(.*?)\1\s*\)/g },
  { kind: 'url', pattern: /\bnew URL\(\s*(['"])(.*?)\1\s*,\s*import\.meta\.url\s*\)/g },
];

/**
 * @param {string} source
 * @returns {Import[]} In the order of their lines.
 */
export function importsOf(source) {
  const code = withoutComments(source);
  /** @type {Import[]} */
  const found = [];
  for (const { kind, pattern } of forms) {
    for (const match of code.matchAll(pattern)) {
      const line = code.slice(0, match.index + match[0].length).split('\n').length;
      found.push({ specifier: String(match[2]), line, kind });
    }
  }
  return found.sort((a, b) => a.line - b.line);
}

/** Blanks comments and templates, and keeps the lines. @param {string} source */
export function withoutComments(source) {
  return source.replace(commentOrString, (text) =>
    text.startsWith('/') || text.startsWith('`') ? text.replace(/[^\n]/g, ' ') : text,
  );
}
