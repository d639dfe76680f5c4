import assert from 'node:assert/strict';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { nextData, openDirectoryBelow, setTimes } from './file-calls.js';
import { pathOfDescriptor } from './tree-paths.js';

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'strata-calls-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

describe('openDirectoryBelow', () => {
  it('opens what lies below, and passes no symbolic link on the way', (t) => {
    const top = directory(t);
    mkdirSync(join(top, 'tree/dir/inner'), { recursive: true });
    mkdirSync(join(top, 'outside/inner'), { recursive: true });
    symlinkSync('../outside', join(top, 'tree/link'));
    symlinkSync('dir', join(top, 'tree/harmless'));
    const fd = openSync(join(top, 'tree'), 'r');
    t.after(() => closeSync(fd));
    const namesBelow = (path: string): string[] => {
      const opened = openDirectoryBelow(fd, path);
      try {
        return readdirSync(pathOfDescriptor(opened));
      } finally {
        closeSync(opened);
      }
    };
    assert.deepEqual(namesBelow('dir'), ['inner']);
    assert.deepEqual(namesBelow('dir/inner'), []);
    assert.deepEqual(namesBelow(''), ['dir', 'harmless', 'link']);
    for (const path of ['link/inner', 'link', 'harmless/inner']) {
      assert.throws(() => openDirectoryBelow(fd, path), { code: /ELOOP|ENOTDIR/ }, path);
    }
    assert.throws(() => openDirectoryBelow(fd, '../outside'), { code: 'EXDEV' });
    assert.throws(() => openDirectoryBelow(fd, 'nothing'), { code: 'ENOENT' });
  });
});

describe('nextData', () => {
  it('ends at the end of the file, and finds nothing behind it', (t) => {
    const file = join(directory(t), 'file');
    writeFileSync(file, 'content');
    const fd = openSync(file, 'r');
    t.after(() => closeSync(fd));
    assert.deepEqual(nextData(fd, 0, 7), { start: 0, end: 7 });
    assert.deepEqual(nextData(fd, 3, 5), { start: 3, end: 5 });
    assert.equal(nextData(fd, 7, 7), undefined);
    assert.equal(nextData(fd, 8, 100), undefined);
  });
});

describe('setTimes', () => {
  it('sets nanoseconds, before 1970 as well', (t) => {
    const file = join(directory(t), 'file');
    writeFileSync(file, '');
    for (const mtimeNs of [1_700_000_000_123_456_789n, 0n, -1n, -1_500_000_000n]) {
      setTimes(Buffer.from(file), { atimeNs: 1n, mtimeNs });
      assert.equal(lstatSync(file, { bigint: true }).mtimeNs, mtimeNs);
    }
  });
});
