import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FailedPreconditionError } from '../../errors/index.js';
import { resolveInRoot } from './resolve-in-root.js';

function tree(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'strata-resolve-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'a/b'), { recursive: true });
  symlinkSync('/etc', join(root, 'absolute'));
  symlinkSync('../../../..', join(root, 'a/up'));
  symlinkSync('b', join(root, 'a/to-b'));
  symlinkSync('absolute/passwd', join(root, 'chain'));
  symlinkSync('round', join(root, 'round'));
  return root;
}

describe('a path inside of a root', () => {
  const cases: readonly (readonly [path: string, inside: string])[] = [
    ['', ''],
    ['/', ''],
    ['a/b', 'a/b'],
    ['/a//b/.', 'a/b'],
    ['../../etc', 'etc'],
    ['a/b/../../..', ''],
    ['absolute', 'etc'],
    ['absolute/passwd', 'etc/passwd'],
    ['chain', 'etc/passwd'],
    ['a/up/a', 'a'],
    ['a/to-b/c', 'a/b/c'],
    ['missing/../a', 'a'],
  ];
  for (const [path, inside] of cases) {
    it(`${JSON.stringify(path)} is ${inside === '' ? 'the root' : inside}`, (t) => {
      const root = tree(t);
      assert.equal(resolve(resolveInRoot(root, path)), join(root, inside));
    });
  }

  it('is refused when its links go in a circle', (t) => {
    assert.throws(() => resolveInRoot(tree(t), 'round/x'), FailedPreconditionError);
  });
});
