import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { clearProtection, enableVerity, renameProtected, setImmutable, verityDigest } from './file-flags.js';
import { hasErrno } from './system-error.js';

const unsupported = ['ENOTTY', 'EOPNOTSUPP', 'ENOTSUP'] as const;

describe('flags of files', { skip: process.geteuid?.() !== 0 && 'needs root' }, () => {
  it('keep a file from being changed until they are taken away, where a file system has them', (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'strata-flags-'));
    const file = join(directory, 'file');
    t.after(() => rmSync(directory, { recursive: true }));
    writeFileSync(file, 'x');
    try {
      setImmutable(file, true);
    } catch (error) {
      assert.ok(hasErrno(error, ...unsupported), String(error));
      return;
    }
    assert.throws(() => writeFileSync(file, 'y'), { code: 'EPERM' });
    setImmutable(file, true);
    setImmutable(file, false);
    setImmutable(file, false);
    writeFileSync(file, 'y');
    assert.equal(clearProtection(file), false);
    setImmutable(file, true);
    assert.throws(() => renameSync(file, `${file}.moved`), { code: 'EPERM' });
    renameProtected(file, `${file}.moved`);
    writeFileSync(`${file}.moved`, 'z');
  });

  it('are taken off files and directories, and nothing else is opened', (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'strata-flags-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const [fifo, link] = [join(directory, 'fifo'), join(directory, 'link')];
    execFileSync('mkfifo', [fifo]);
    symlinkSync('fifo', link);
    for (const path of [fifo, link, join(directory, 'gone')]) {
      assert.equal(clearProtection(path), false);
      assert.throws(() => renameProtected(join(directory, 'gone'), path), { code: 'ENOENT' });
    }
  });

  it('have the kernel check a file, where it can', (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'strata-verity-'));
    const file = join(directory, 'file');
    t.after(() => rmSync(directory, { recursive: true }));
    writeFileSync(file, 'x');
    assert.equal(verityDigest(file), undefined);
    try {
      enableVerity(file);
    } catch (error) {
      assert.ok(hasErrno(error, ...unsupported), String(error));
      return;
    }
    assert.match(String(verityDigest(file)), /^[0-9a-f]{64}$/);
  });
});
