/** Finds the line on which a setting stands, for errors. The TOML parser reports lines for syntax only. */
import { parse } from 'smol-toml';

/** The path that a piece of TOML such as `a."b.c".d` names; undefined when it names none. */
function readPath(key: string): readonly string[] | undefined {
  try {
    const path: string[] = [];
    let node: unknown = parse(`${key} = 0`);
    while (typeof node === 'object' && node !== null) {
      const [name, inner] = Object.entries(node)[0] ?? [];
      if (name === undefined) return undefined;
      path.push(name);
      node = inner;
    }
    return path;
  } catch {
    // A line inside of a multi-line value looks like anything; it is no key.
    return undefined;
  }
}

const TABLE_LINE = /^\s*\[([^[\]].*)\]\s*(?:#.*)?$/;
const KEY_LINE = /^\s*([^#=[\]]+?)\s*=/;

function startsWith(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((key, index) => key === path[index]);
}

/**
 * The line, from 1, of the first key or table header at this path, or below it, in a TOML text. A best effort by
 * reading line by line: undefined for what stands inside of an inline table, or is not there.
 */
export function lineOf(text: string, path: readonly string[]): number | undefined {
  let table: readonly string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const header = TABLE_LINE.exec(line)?.[1];
    const key = header ?? KEY_LINE.exec(line)?.[1];
    const read = key === undefined ? undefined : readPath(key);
    if (read === undefined) continue;
    if (header !== undefined) table = read;
    if (startsWith(header === undefined ? [...table, ...read] : read, path)) return index + 1;
  }
  return undefined;
}
