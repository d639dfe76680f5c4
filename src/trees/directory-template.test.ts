import assert from 'node:assert/strict';
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { makeFromTemplate } from './directory-template.js';

const template = {
  mode: 0o700,
  directories: [
    { name: 'fs', mode: 0o755 },
    { name: 'work', mode: 0o711 },
  ],
};

function place(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'strata-template-'));
  t.after(() => rmSync(root, { recursive: true }));
  return root;
}

describe('makeFromTemplate', () => {
  it('makes directories with exact modes, whatever the umask', (t) => {
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    const root = place(t);
    assert.equal(makeFromTemplate({ root, names: ['1', '2'], template, milliseconds: 60_000 }), 2);
    const modes = ['1', '2/fs', '2/work'].map((path) => lstatSync(join(root, path)).mode & 0o7777);
    assert.deepEqual(modes, [0o700, 0o755, 0o711]);
  });

  it('makes one at least, however short the time is, and nothing twice', (t) => {
    const root = place(t);
    assert.equal(makeFromTemplate({ root, names: ['1', '2'], template, milliseconds: -1 }), 1);
    assert.deepEqual(readdirSync(root), ['1']);
    assert.throws(() => makeFromTemplate({ root, names: ['1'], template, milliseconds: 1 }), { code: 'EEXIST' });
  });
});
