import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isUntouchedDirectory } from './untouched-directory.js';

/** Makes a directory, and lets the clock of the file system go on. */
function mkdirEarlier(path: string): void {
  mkdirSync(path);
  const { birthtimeMs } = statSync(path);
  while (statSync(mkdtempSync(`${path}-`)).birthtimeMs === birthtimeMs);
}

/** What is made of the place of a directory, and whether it counts as untouched. */
const cases: readonly (readonly [what: string, make: (path: string) => void, untouched: boolean])[] = [
  ['a new directory', (path) => mkdirSync(path), true],
  [
    'one with a directory',
    (path) => {
      mkdirEarlier(path);
      mkdirSync(join(path, 'inside'));
    },
    false,
  ],
  [
    'one that is empty again',
    (path) => {
      mkdirSync(join(path, 'inside'), { recursive: true });
      rmSync(join(path, 'inside'), { recursive: true });
    },
    true,
  ],
  [
    'one whose times were set',
    (path) => {
      mkdirSync(path);
      utimesSync(path, 1, 1);
    },
    true,
  ],
  [
    'one with a file',
    (path) => {
      mkdirEarlier(path);
      writeFileSync(join(path, 'file'), '');
    },
    false,
  ],
  ['nothing', () => undefined, false],
  ['a file', (path) => writeFileSync(path, ''), false],
  ['a link to an empty directory', (path) => symlinkSync(mkdtempSync(`${path}-`), path), false],
];

describe('isUntouchedDirectory', () => {
  for (const [what, make, untouched] of cases) {
    it(`${what}: ${untouched}`, (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'strata-untouched-'));
      t.after(() => rmSync(directory, { recursive: true }));
      make(join(directory, 'it'));
      assert.equal(isUntouchedDirectory(join(directory, 'it')), untouched);
    });
  }
});
