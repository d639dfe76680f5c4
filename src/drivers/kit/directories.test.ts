import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { isMountPoint, mountAll, temporaryMountPrefix } from '../../linux/index.js';
import { ensureDirectory, removeMountPoints, removeTrial } from './directories.js';

const needsRoot = process.geteuid?.() !== 0 && 'needs root';

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'strata-directories-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function mountTmpfs(point: string): Promise<void> {
  mkdirSync(point, { recursive: true });
  return mountAll([{ type: 'tmpfs', source: 'tmpfs', target: '', options: [] }], point);
}

describe('the directories of a driver', () => {
  it('are made with exact modes, and those above them; what is there keeps its mode', (t) => {
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    const root = place(t);
    ensureDirectory(join(root, 'a', 'b'), 0o755);
    ensureDirectory(join(root, 'a', 'b'), 0o700);
    assert.equal(lstatSync(join(root, 'a', 'b')).mode & 0o7777, 0o755);
    writeFileSync(join(root, 'file'), '');
    assert.throws(() => ensureDirectory(join(root, 'file'), 0o700), /failed to create directory/);
  });

  it('of a trial go with what is mounted in them', { skip: needsRoot }, async (t) => {
    const trial = join(place(t), 'trial');
    await mountTmpfs(join(trial, 'mnt'));
    await removeTrial(trial);
    assert.equal(existsSync(trial), false);
    await removeTrial(trial);
  });

  it('that are mount points of a process that was killed go, and no file', { skip: needsRoot }, async (t) => {
    const root = place(t);
    const left = join(root, `${temporaryMountPrefix}left`);
    await mountTmpfs(left);
    writeFileSync(join(root, 'file'), '');
    mkdirSync(join(root, 'other'));
    await removeMountPoints(root);
    assert.equal(isMountPoint(left), false);
    assert.deepEqual(readdirSync(root).sort(), ['file', 'other']);
    await removeMountPoints(join(root, 'nowhere'));
  });
});
