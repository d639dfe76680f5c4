/** What is mounted where, as this process sees it (proc(5), `/proc/<pid>/mountinfo`). */
import { readFileSync } from 'node:fs';

/** One mount. */
export interface MountEntry {
  /** Which part of its file system is mounted: a path from the top of that. */
  readonly root: string;
  /** The directory that it is mounted at. */
  readonly point: string;
  /** Such as `ext4`. */
  readonly type: string;
  /** A device, or a word that the file system chose. */
  readonly source: string;
  /** Those of the mount, then those of its file system. */
  readonly options: readonly string[];
}

/** Spaces and the like are written as `\040`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\(\d{3})/g, (_match, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

function parseLine(line: string): MountEntry | undefined {
  const fields = line.split(' ');
  const separator = fields.indexOf('-');
  const [type, source, superOptions] = fields.slice(separator + 1);
  const [, , , root, point, options] = fields;
  if (separator < 0 || type === undefined || source === undefined) return undefined;
  if (root === undefined || point === undefined) return undefined;
  const both = `${options ?? ''},${superOptions ?? ''}`.split(',').filter((option) => option !== '');
  return {
    root: unescapeOctal(root),
    point: unescapeOctal(point),
    type,
    source: unescapeOctal(source),
    options: [...new Set(both)],
  };
}

/** Reads the text of a mountinfo file; the order is that of mounting. */
export function parseMountTable(text: string): MountEntry[] {
  return text.split('\n').flatMap((line) => parseLine(line) ?? []);
}

/** The mount that a path lies on: of those at or above it the lowest, and of several at one place the latest. */
export function findMount(table: readonly MountEntry[], path: string): MountEntry | undefined {
  const holds = ({ point }: MountEntry) => path === point || path.startsWith(point === '/' ? '/' : `${point}/`);
  return table.filter(holds).reduce<MountEntry | undefined>((best, entry) => {
    return best === undefined || entry.point.length >= best.point.length ? entry : best;
  }, undefined);
}

/** Whether a mount uses a path or something below it, as its source or as a directory in its options. */
function isMadeOf({ source, options }: MountEntry, path: string): boolean {
  const places = options.flatMap((option) => option.slice(option.indexOf('=') + 1).split(':'));
  return [source, ...places].some((place) => place === path || place.startsWith(`${path}/`));
}

/**
 * The mounts that use a path, such as the overlay of a running container; none when that cannot be found out.
 * @param path Absolute, without symbolic links.
 */
export function mountsMadeOf(path: string): MountEntry[] {
  try {
    return parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8')).filter((entry) => isMadeOf(entry, path));
  } catch {
    return [];
  }
}

/**
 * The mount that a path lies on now; undefined when it cannot be found out.
 * @param path Absolute, without symbolic links.
 */
export function mountOf(path: string): MountEntry | undefined {
  try {
    return findMount(parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8')), path);
  } catch {
    return undefined;
  }
}
