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

/** One mount, and where it is among the others. */
export interface PlacedMount extends MountEntry {
  /** A number of its own, and that of the mount which it lies in. */
  readonly id: number;
  readonly parent: number;
  /** The number of its file system, which all mounts of it have: that of `stat`, as `major:minor`. */
  readonly device: string;
}

/** Spaces and the like are written as `\040`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\(\d{3})/g, (_match, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

function parseLine(line: string): PlacedMount | undefined {
  const fields = line.split(' ');
  const separator = fields.indexOf('-');
  const [type, source, superOptions] = fields.slice(separator + 1);
  const [id, parent, device, root, point, options] = fields;
  if (separator < 0 || type === undefined || source === undefined) return undefined;
  if (device === undefined || root === undefined || point === undefined) return undefined;
  const both = `${options ?? ''},${superOptions ?? ''}`.split(',').filter((option) => option !== '');
  return {
    id: Number(id),
    parent: Number(parent),
    device,
    root: unescapeOctal(root),
    point: unescapeOctal(point),
    type,
    source: unescapeOctal(source),
    options: [...new Set(both.map(unescapeOctal))],
  };
}

/** Reads the text of a mountinfo file; the order is that of mounting. */
export function parseMountTable(text: string): PlacedMount[] {
  return text.split('\n').flatMap((line) => parseLine(line) ?? []);
}

/**
 * What is mounted, as a process sees it; this one when none is given.
 * @throws a system error when there is no such process, or it may not be looked at.
 */
export function mountTable(process: number | 'self' = 'self'): PlacedMount[] {
  // Not with 'utf8': for that Node 24 and 26 have another way of reading, which writes beyond its memory when a file whose size
  // is not known beforehand comes in short pieces and, after 64 KiB, in a long one, such as the line of a deep overlay.
  return parseMountTable(readFileSync(`/proc/${process}/mountinfo`).toString());
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
    return mountTable().filter((entry) => isMadeOf(entry, path));
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
    return findMount(mountTable(), path);
  } catch {
    return undefined;
  }
}
