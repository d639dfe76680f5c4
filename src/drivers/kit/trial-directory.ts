import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Does something in a new directory, which is gone afterwards; undefined when it cannot be made. */
export async function withTrialDirectory<T>(
  parent: string,
  body: (directory: string) => Promise<T>,
): Promise<T | undefined> {
  let directory: string;
  try {
    directory = await mkdtemp(join(parent, '.strata-probe-'));
  } catch {
    return undefined;
  }
  try {
    return await body(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
