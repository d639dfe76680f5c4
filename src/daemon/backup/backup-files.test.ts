import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { backupName, listBackups, pruneBackups, writtenAt } from './backup-files.js';

describe('backups in a directory', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'strata-backups-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const put = async (...names: readonly string[]) => {
    for (const name of names) await writeFile(path.join(directory, name), '');
  };
  const second = (n: number) => backupName(new Date(Date.UTC(2026, 0, 1, 0, 0, n)));

  it('are called after the second in which they were made, in an order that is that of time', async () => {
    const made = new Date('2026-07-31T12:34:56.789Z');
    assert.equal(backupName(made), 'records-2026-07-31T12-34-56Z.db');
    await put(backupName(made));
    const file = path.join(directory, backupName(made));
    assert.deepEqual(await listBackups(directory), [{ path: file, made: Date.parse('2026-07-31T12:34:56Z') }]);
  });

  it('are listed newest first, without what else lies there', async () => {
    const others = [
      'records.db',
      'records-2026-13-01T00-00-00Z.db',
      `${second(1)}.tmp`,
      `.${second(1)}`,
      'my-records-2026',
    ];
    await put(second(2), second(10), second(1), ...others);
    const names = (await listBackups(directory)).map((backup) => path.basename(backup.path));
    assert.deepEqual(names, [second(10), second(2), second(1)]);
  });

  it('are none where there is no directory', async () => {
    assert.deepEqual(await listBackups(path.join(directory, 'gone')), []);
    await assert.rejects(listBackups(path.join(directory, 'gone', '\0')));
    await put('file');
    await assert.rejects(listBackups(path.join(directory, 'file')), /ENOTDIR/);
  });

  it('are deleted, but for the newest', async () => {
    await put(second(1), second(2), second(3), 'records.db');
    const left = await pruneBackups(directory, 2);
    assert.deepEqual(
      left.map((backup) => path.basename(backup.path)),
      [second(3), second(2)],
    );
    assert.deepEqual((await readdir(directory)).sort(), [second(2), second(3), 'records.db']);
    assert.equal((await pruneBackups(directory, 5)).length, 2);
  });

  it('have the time of their last change', async () => {
    await put(second(1));
    const file = path.join(directory, second(1));
    await utimes(file, 5, 5);
    assert.equal(await writtenAt(file), 5000);
    await assert.rejects(writtenAt(`${file}.gone`), /ENOENT/);
  });
});
