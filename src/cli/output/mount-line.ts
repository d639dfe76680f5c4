import { posix } from 'node:path';
import type { Mount } from '../../snapshots/index.js';

const PLAIN_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** One character of `$'...'`: what would end or disturb the line is written by its bytes. */
function quoteCharacter(char: string): string {
  if (char === "'" || char === '\\') return `\\${char}`;
  if (!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(char)) return char;
  return [...Buffer.from(char)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

/** A word of a command line for bash: bare where it can be, else quoted so that pasting it gives the same word. */
export function shellWord(word: string): string {
  if (PLAIN_WORD.test(word)) return word;
  const quoted = [...word].map(quoteCharacter).join('');
  return quoted === word ? `'${word}'` : `$'${quoted}'`;
}

/**
 * The command line that performs a mount at a directory, as ctr prints it. A list of mounts is performed in its order.
 */
export function mountLine(mount: Mount, target: string): string {
  const words = ['mount', '-t', mount.type, mount.source, posix.join(target, mount.target)];
  if (mount.options.length > 0) words.push('-o', mount.options.join(','));
  return words.map(shellWord).join(' ');
}
