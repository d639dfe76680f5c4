// Reads what a TypeScript file imports, without a compiler, in every spelling; what cannot be read is reported as such.
import { mask } from './mask.mjs';

/**
 * @typedef {object} Import
 * @property {string} specifier For `hidden`, the spelling.
 * @property {number} line From 1.
 * @property {'static' | 'type' | 'dynamic' | 'url' | 'hidden'} kind `type` leaves nothing behind in the compiled file; `url`
 *   is `new URL('...', import.meta.url)`, by which workers and child processes are started; `hidden` may import anything: its
 *   target is computed.
 */

const names = String.raw`(?:\*(?:\s*as\s+[\w$]+)?|\{[^}]*\}|[\w$]+(?:\s*,\s*(?:\{[^}]*\}|\*\s*as\s+[\w$]+))?)`;
const text = String.raw`"(\d+)"`;
/** Not a part of a longer name, and no property. */
const word = String.raw`(?<![\w$#]|(?<!\.\.)\.)`;

/** Each spelling that can be judged. The group is the number of the string. @type {readonly (readonly [Import['kind'], RegExp])[]} */
const spellings = [
  ['type', new RegExp(String.raw`${word}(?:import|export)\s+type\s+(?!from\b)${names}\s*from\s*${text}`, 'g')],
  ['static', new RegExp(String.raw`${word}(?:import|export)\b\s*${names}\s*from\s*${text}`, 'g')],
  ['static', new RegExp(String.raw`${word}import\s*${text}`, 'g')],
  ['dynamic', new RegExp(String.raw`${word}import\s*\(\s*${text}\s*[,)]`, 'g')],
  ['dynamic', new RegExp(String.raw`${word}import\.meta\.resolve\(\s*${text}\s*\)`, 'g')],
  ['dynamic', new RegExp(String.raw`\bcreateRequire\(\s*import\.meta\.url\s*\)\(\s*${text}\s*\)`, 'g')],
  ['url', new RegExp(String.raw`\bnew\s+URL\(\s*${text}\s*,\s*import\.meta\.url\s*\)`, 'g')],
];

/** What is left of these when all of the above are gone can import whatever it likes. */
const hidden = [
  // A colon behind it, `async` before it, or a parameter with its type make it the name of a method or a property.
  new RegExp(String.raw`(?<!\basync )${word}import\b(?!:|\(\w+: )(?:\.meta\b(?:\.\w+)?|\s*\()?`, 'g'),
  /\b(?:createRequire|getBuiltinModule)\b/g,
  new RegExp(String.raw`${word}require\s*\(`, 'g'),
];

/** Starts of threads and processes, with what they are given. */
const starts = /\bnew\s+(?:[\w$]+\.)?Worker\(\s*(?<worker>[^,)]*)|(?<![\w$#])fork\(\s*(?<program>[^\s,)][^,)]*)/g;

/** Another name for what this looks for by its own. */
const renamed = /\b(?:createRequire|fork|Worker)\s+as\b/;
const modules = ['node:module', 'module'];
const processes = ['node:child_process', 'child_process'];

/**
 * @param {string} source
 * @returns {Import[]} In the order of their lines.
 * @throws {SyntaxError} When it cannot be read to its end.
 */
export function importsOf(source) {
  const { code, strings } = mask(source);
  /** @type {Import[]} */
  const found = [];
  /** @param {number} at */
  const lineAt = (at) => code.slice(0, at).split('\n').length;
  let left = code;
  for (const [kind, pattern] of spellings) {
    left = left.replace(pattern, (match, /** @type {string} */ number, /** @type {number} */ at) => {
      const specifier = String(strings[Number(number)]);
      const line = lineAt(at + match.length);
      found.push({ specifier, line, kind });
      const isWhole = modules.includes(specifier) && !/^import\s*\{/.test(match);
      const isPassedOn = processes.includes(specifier) && /^export/.test(match);
      if (isWhole || isPassedOn || renamed.test(match)) {
        const spelling = match.replace(/\s+/g, ' ').replace(/"\d+"/, `'${specifier}'`);
        found.push({ specifier: spelling, line, kind: 'hidden' });
      }
      return match.replace(/[^\n]/g, ' ');
    });
  }
  for (const pattern of hidden) {
    for (const { 0: spelling, index } of left.matchAll(pattern)) {
      found.push({ specifier: spelling.replace(/\s/g, ''), line: lineAt(index), kind: 'hidden' });
    }
  }
  const startsProcesses = found.some(({ specifier }) => processes.includes(specifier));
  for (const start of code.matchAll(starts)) {
    // Any other fork( is a method of somebody's.
    if (start.groups?.['program'] !== undefined && !startsProcesses) continue;
    if (isStartedByName(start, code)) continue;
    found.push({ specifier: start[0].replace(/\(.*$/s, '('), line: lineAt(start.index), kind: 'hidden' });
  }
  return found.sort((a, b) => a.line - b.line);
}

const url = String.raw`new\s+URL\(\s*"\d+"`;

/**
 * Whether a thread or a process is started with a `new URL('...', import.meta.url)`, there or in a constant of the file.
 * @param {RegExpMatchArray} start
 * @param {string} code
 */
function isStartedByName({ groups }, code) {
  const given = String(groups?.['worker'] ?? groups?.['program']);
  if (new RegExp(String.raw`^(?:fileURLToPath\(\s*)?${url}`).test(given)) return true;
  if (!/^[\w$]+$/.test(given)) return false;
  return new RegExp(String.raw`\bconst\s+${given.replaceAll('$', '\\$')}\s*=\s*(?:fileURLToPath\(\s*)?${url}`).test(
    code,
  );
}
