import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { canCallSystem, hasErrno, setAttribute } from '../../linux/index.js';
import { bareDirectory, isBareDirectory, makeBareDirectory } from './bare-directory.js';

const skip = canCallSystem() ? false : 'needs the addon for system calls';

function temporaryPath(t: TestContext): string {
  const parent = mkdtempSync(join(tmpdir(), 'strata-bare-'));
  t.after(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, 'directory');
}

describe('a bare directory', { skip }, () => {
  it('is made like another, with its mode, owner and time to the nanosecond', (t) => {
    const first = temporaryPath(t);
    mkdirSync(first);
    chmodSync(first, 0o3751);
    const described = bareDirectory(first);
    assert.ok(described !== undefined);
    const second = temporaryPath(t);
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    makeBareDirectory(second, described);
    assert.deepEqual(bareDirectory(second), described);
    assert.equal(lstatSync(second).mode & 0o7777, 0o3751);
    assert.ok(isBareDirectory(second, described));
  });

  it('is none when it is not there, no directory, or has something in it', (t) => {
    const directory = temporaryPath(t);
    mkdirSync(directory);
    const described = bareDirectory(directory);
    assert.ok(described !== undefined);
    const link = temporaryPath(t);
    symlinkSync(directory, link);
    assert.equal(bareDirectory(link), undefined);
    writeFileSync(join(directory, 'file'), '');
    utimesSync(directory, 1, 1);
    assert.equal(bareDirectory(directory), undefined);
    assert.equal(isBareDirectory(join(directory, 'nowhere'), described), false);
    assert.throws(() => bareDirectory(join(directory, 'nowhere')), { code: 'ENOENT' });
  });

  it('is none when it has attributes, which a description would lose', (t) => {
    const directory = temporaryPath(t);
    mkdirSync(directory);
    try {
      setAttribute(directory, 'user.strata', Buffer.from('value'));
    } catch (error) {
      if (!hasErrno(error, 'ENOTSUP', 'EOPNOTSUPP', 'EPERM')) throw error;
      t.skip('the temporary folder has no attributes');
      return;
    }
    assert.equal(bareDirectory(directory), undefined);
  });

  it('is another with another mode or time', (t) => {
    const directory = temporaryPath(t);
    mkdirSync(directory);
    const described = bareDirectory(directory);
    assert.ok(described !== undefined);
    assert.equal(isBareDirectory(directory, { ...described, mode: described.mode ^ 0o1 }), false);
    assert.equal(isBareDirectory(directory, { ...described, mtimeNs: described.mtimeNs + 1n }), false);
    assert.equal(isBareDirectory(directory, { ...described, uid: described.uid + 1 }), false);
  });
});
