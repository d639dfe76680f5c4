import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { CanceledError, FailedPreconditionError, NotFoundError } from '../errors/index.js';
import { restoreStore } from './restore.js';
import { add, keysOf, open, temporaryDirectory } from './store.test.rig.js';

const now = new Date('2026-01-02T03:04:05.678Z');

function restore(directory: string, backup: string) {
  return restoreStore({ backup, directory: path.join(directory, 'store'), now });
}

async function keysAfterOpen(directory: string): Promise<string[]> {
  await using store = await open(directory);
  return keysOf(store);
}

describe('a backup', () => {
  it('holds what was there when it began, while others write, and leaves nothing beside it', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'backup.db');
    await using store = await open(directory);
    for (let index = 0; index < 100; index++) await add(store, `a${index}`);
    const writing = Promise.all(Array.from({ length: 1000 }, (_, index) => add(store, `b${index}`)));
    await store.backup(file);
    await writing;
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.deepEqual((await readdir(directory)).sort(), ['backup.db', 'store']);
    const other = await temporaryDirectory(t);
    assert.deepEqual(await restore(other, file), { replaced: undefined });
    const found = await keysAfterOpen(other);
    assert.equal(found.filter((key) => key.startsWith('a')).length, 100);
    assert.ok(found.length <= 1100);
  });

  it('replaces a file only with a whole one', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'backup.db');
    await writeFile(file, 'before');
    await using store = await open(directory);
    await assert.rejects(store.backup(file, AbortSignal.abort()), CanceledError);
    assert.equal(await readFile(file, 'utf8'), 'before');
    await store.backup(file);
    assert.notEqual(await readFile(file, 'utf8'), 'before');
    await assert.rejects(store.backup(path.join(directory, 'nowhere', 'backup.db')), NotFoundError);
    assert.deepEqual((await readdir(directory)).sort(), ['backup.db', 'store']);
  });

  it('replaces nothing but a regular file', async (t) => {
    const directory = await temporaryDirectory(t);
    const at = (name: string): string => path.join(directory, name);
    await mkdir(at('folder'));
    await writeFile(at('target'), 'not a backup');
    await symlink(at('target'), at('link'));
    execFileSync('mkfifo', [at('fifo')]);
    await using store = await open(directory);
    for (const name of ['folder', 'link', 'fifo']) {
      await assert.rejects(store.backup(at(name)), FailedPreconditionError, name);
    }
    assert.equal(await readlink(at('link')), at('target'));
    assert.equal(await readFile(at('link'), 'utf8'), 'not a backup');
    assert.ok((await stat(at('fifo'))).isFIFO());
    assert.deepEqual((await readdir(directory)).sort(), ['fifo', 'folder', 'link', 'store', 'target']);
  });

  it('is finished before the store closes', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'backup.db');
    const store = await open(directory);
    const done = store.backup(file);
    await store.close();
    await done;
    await stat(file);
  });

  it('that a crash cut off is deleted by the next owner of the store', async (t) => {
    const directory = await temporaryDirectory(t);
    await mkdir(path.join(directory, 'store', '.strata-copy-x1y2z3'), { recursive: true });
    await using _ = await open(directory);
    const names = await readdir(path.join(directory, 'store'));
    assert.ok(!names.some((name) => name.startsWith('.strata')), names.join(' '));
  });
});
