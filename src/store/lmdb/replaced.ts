import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** What stands between the name of a store and the date of its replacement. */
const infix = '.replaced-';

/** Where a store is kept when a backup takes its place: beside it, under the date. */
export function replacedPath(store: string, date: Date): string {
  return `${path.resolve(store)}${infix}${date.toISOString().replaceAll(':', '-')}`;
}

/** The stores that backups took the place of and that nobody has deleted yet, oldest first. */
export async function replacedStores(store: string): Promise<string[]> {
  const { dir, base } = path.parse(path.resolve(store));
  const names = await readdir(dir);
  return names
    .filter((name) => name.startsWith(`${base}${infix}`))
    .sort()
    .map((name) => path.join(dir, name));
}
