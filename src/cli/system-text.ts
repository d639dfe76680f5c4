import { constants } from 'node:os';
import { basename, dirname } from 'node:path';

/** What Node makes of a system call that failed: `EACCES: permission denied, open '/x'`. */
const SYSTEM_MESSAGE = /\b(E[A-Z0-9]+): ([^,:]+), (\w+)(?: '([^']*)'(?: -> '([^']*)')?)?/g;

/**
 * A text in which what the system said reads as other programs print it, `/x: permission denied`, without the name of the
 * call. The path is left out where the text has named it before, and that of a hidden file, which is a temporary one, where it
 * has named the directory.
 */
export function plainSystemText(text: string): string {
  return text.replace(SYSTEM_MESSAGE, (...match) => {
    const [whole, code, said, call, from, to, offset] = match as [
      string,
      string,
      string,
      string,
      string?,
      string?,
      number?,
    ];
    if (!Object.hasOwn(constants.errno, code)) return whole;
    // Whoever makes a directory takes one that is there.
    const problem = code === 'EEXIST' && call === 'mkdir' ? 'something else than a directory lies there' : said;
    const path = to ?? from;
    return path === undefined || isNamed(path, text.slice(0, offset)) ? problem : `${path}: ${problem}`;
  });
}

function isNamed(path: string, before: string): boolean {
  if (before.split(/[\s:;,()]+/).includes(path)) return true;
  return basename(path).startsWith('.') && before.includes(dirname(path));
}
