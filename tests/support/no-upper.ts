import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryMount } from '../../src/linux/index.js';

/** A directory on which overlay takes no upper directory, since it lies on an overlay itself; gone with the test. */
export async function directoryWithoutUpper(t: TestContext): Promise<string> {
  const place = mkdtempSync(path.join(tmpdir(), 'strata-no-upper-'));
  const inside = (name: string): string => path.join(place, name);
  for (const name of ['lower', 'upper', 'work']) mkdirSync(inside(name));
  const options = [`lowerdir=${inside('lower')}`, `upperdir=${inside('upper')}`, `workdir=${inside('work')}`];
  const mounted = await temporaryMount([{ type: 'overlay', source: 'overlay', target: '', options }]);
  t.after(async () => {
    await mounted[Symbol.asyncDispose]();
    rmSync(place, { recursive: true });
  });
  return mounted.path;
}
