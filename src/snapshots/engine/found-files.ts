import type { Driver } from '../driver/driver.js';

/** What lies in the snapshots directory, or why that cannot be told. */
export interface FoundFiles {
  readonly names: readonly string[];
  readonly error: unknown;
}

/** Lists the snapshots directory. When it cannot be read, the start goes on, and serves what it can. */
export async function findFiles(driver: Driver): Promise<FoundFiles> {
  try {
    return { names: await namesOnDisk(driver), error: undefined };
  } catch (error) {
    return { names: [], error };
  }
}

/** The names of everything that lies in the snapshots directory. */
export async function namesOnDisk(driver: Driver): Promise<string[]> {
  const names: string[] = [];
  for await (const name of driver.ids()) names.push(name);
  return names;
}

/** The highest id among names; 0 when none is one. */
export function highestId(names: readonly string[]): number {
  return names.reduce((highest, name) => Math.max(highest, idOf(name) ?? 0), 0);
}

/** The id that a name stands for; undefined for any other name. */
export function idOf(name: string): number | undefined {
  const id = Number(name);
  return String(id) === name && Number.isSafeInteger(id) && id >= 0 ? id : undefined;
}
