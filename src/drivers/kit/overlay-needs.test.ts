import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FailedPreconditionError } from '../../errors/index.js';
import { needsIndexOff, requireDirectoryTypes } from './overlay-needs.js';

describe('requireDirectoryTypes', () => {
  it('asks of a directory with something in it, and leaves nothing behind', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'strata-needs-'));
    t.after(() => rmSync(root, { recursive: true }));
    const asked: number[] = [];
    const answer = (types: boolean | undefined) => ({
      supportsDirectoryTypes: (directory: string) => {
        asked.push(readdirSync(directory).length);
        return types;
      },
    });
    requireDirectoryTypes(root, answer(true));
    requireDirectoryTypes(root, answer(undefined));
    assert.throws(() => requireDirectoryTypes(root, answer(false)), FailedPreconditionError);
    assert.deepEqual(readdirSync(root), []);
    writeFileSync(join(root, 'file'), '');
    requireDirectoryTypes(root, answer(true));
    assert.deepEqual(asked, [1, 1, 1, 1]);
  });
});

describe('needsIndexOff', () => {
  const cases: readonly [readonly string[], boolean, boolean][] = [
    [[], true, true],
    [[], false, false],
    [['volatile'], true, true],
    [['index=on'], true, false],
    [['index=off'], true, false],
    [['index'], true, false],
    [['indexed'], true, true],
  ];
  for (const [mountOptions, hasIndexOption, wanted] of cases) {
    it(`${mountOptions.join()} ${hasIndexOption}`, () => {
      assert.equal(needsIndexOff({ mountOptions, facts: { hasIndexOption } }), wanted);
    });
  }
});
