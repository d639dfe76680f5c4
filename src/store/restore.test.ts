import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { endOf } from '../../tests/support/die-at.js';
import {
  DataLossError,
  FailedPreconditionError,
  InvalidArgumentError,
  NotFoundError,
  PermissionDeniedError,
} from '../errors/index.js';
import { replacedStores, restoreStore } from './restore.js';
import { add, keysOf, open, temporaryDirectory } from './store.test.rig.js';

const program = fileURLToPath(new URL('./restore.test.child.js', import.meta.url));
const now = new Date('2026-01-02T03:04:05.678Z');

function restore(directory: string, backup: string) {
  return restoreStore({ backup, directory: path.join(directory, 'store'), now });
}

async function keysAfterOpen(directory: string): Promise<string[]> {
  await using store = await open(directory);
  return keysOf(store);
}

describe('a restore', () => {
  it('takes a backup back, and keeps what it replaces', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'backup.db');
    {
      await using store = await open(directory);
      await add(store, 'in the backup');
      await store.backup(file);
      await add(store, 'later');
      assert.equal(store.restored, false);
    }
    const replaced = path.join(directory, 'store.replaced-2026-01-02T03-04-05.678Z');
    assert.deepEqual(await restore(directory, file), { replaced });
    assert.deepEqual(await replacedStores(path.join(directory, 'store')), [replaced]);
    {
      await using store = await open(directory);
      assert.deepEqual(keysOf(store), ['in the backup']);
      assert.equal(store.restored, true);
    }
    // What was replaced is a store itself.
    assert.deepEqual(await restore(await temporaryDirectory(t), path.join(replaced, 'strata.db')), {
      replaced: undefined,
    });
  });

  it('is refused while the store is in use, and changes nothing', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'backup.db');
    await using store = await open(directory);
    await store.backup(file);
    await add(store, 'a');
    await assert.rejects(restore(directory, file), FailedPreconditionError);
    assert.deepEqual(keysOf(store), ['a']);
  });

  it('of what is damaged, missing or something else changes nothing', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'backup.db');
    {
      await using store = await open(directory);
      for (let index = 0; index < 200; index++) await add(store, `${index}`);
      await store.backup(file);
    }
    const bytes = await readFile(file);
    bytes.fill(0xff, 4096, 5000);
    const bad = path.join(directory, 'bad.db');
    await writeFile(bad, bytes);
    const text = path.join(directory, 'text');
    await writeFile(text, 'no database at all, but long enough to look like one'.repeat(100));
    for (const each of [bad, text]) {
      await assert.rejects(restore(directory, each), (error) => {
        assert.ok(error instanceof DataLossError, String(error));
        assert.ok(error.context.includes(each) && !error.context.includes('.strata-copy'), error.context);
        return true;
      });
    }
    await assert.rejects(restore(directory, path.join(directory, 'nothing')), NotFoundError);
    assert.equal((await keysAfterOpen(directory)).length, 200);
    assert.deepEqual(await replacedStores(path.join(directory, 'store')), []);
  });

  it('of what is no regular file makes nothing, and waits for nobody', async (t) => {
    const directory = await temporaryDirectory(t);
    const fifo = path.join(directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const each of [directory, fifo, '/dev/null']) {
      await assert.rejects(restore(directory, each), InvalidArgumentError);
    }
    assert.deepEqual(await readdir(directory), ['fifo']);
  });

  it('of what this user may not read makes nothing', { skip: process.getuid?.() !== 0 && 'needs root' }, async (t) => {
    const directory = await temporaryDirectory(t);
    const backup = path.join(directory, 'backup.db');
    await writeFile(backup, '', { mode: 0o600 });
    await chmod(directory, 0o777);
    process.seteuid?.(65_534);
    const refused = await restore(directory, backup).catch((error: unknown) => error);
    process.seteuid?.(0);
    assert.ok(refused instanceof PermissionDeniedError, String(refused));
    assert.match(refused.context, new RegExp(`^cannot read backup ${backup}`));
    assert.deepEqual(await readdir(directory), ['backup.db']);
  });

  it('takes the place of a store that nobody can open', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'backup.db');
    {
      await using store = await open(directory);
      await add(store, 'a');
      await store.backup(file);
    }
    await writeFile(path.join(directory, 'store', 'strata.db'), Buffer.alloc(8192));
    await assert.rejects(open(directory), DataLossError);
    const { replaced } = await restore(directory, file);
    assert.ok(replaced !== undefined);
    assert.deepEqual(await keysAfterOpen(directory), ['a']);
  });
});

/** A store that holds `now`, and a backup of it from when it held `then`. */
async function prepare(t: TestContext) {
  const directory = await temporaryDirectory(t);
  const file = path.join(directory, 'backups', 'backup.db');
  await mkdir(path.dirname(file));
  await using store = await open(directory);
  await add(store, 'then');
  await store.backup(file);
  await add(store, 'now');
  return { directory, file };
}

/** What a backup holds, found out by taking it back somewhere else. */
async function keysOfBackup(t: TestContext, file: string): Promise<string[]> {
  const elsewhere = await temporaryDirectory(t);
  await restore(elsewhere, file);
  return keysAfterOpen(elsewhere);
}

describe('a process that is killed', () => {
  for (const [point, keys] of [
    ['backup.copied', ['then']],
    ['backup.named', ['now', 'then']],
  ] as const) {
    it(`at ${point} leaves a whole backup`, async (t) => {
      const { directory, file } = await prepare(t);
      assert.equal(await endOf(program, ['backup', directory, file, point]), 'SIGKILL');
      assert.deepEqual(await keysOfBackup(t, file), keys);
      assert.deepEqual(await keysAfterOpen(directory), ['now', 'then']);
    });
  }

  for (const [point, keys] of [
    ['restore.copied', ['now', 'then']],
    ['restore.kept', ['now', 'then']],
    ['restore.replaced', ['then']],
  ] as const) {
    it(`at ${point} leaves a whole store`, async (t) => {
      const { directory, file } = await prepare(t);
      assert.equal(await endOf(program, ['restore', directory, file, point]), 'SIGKILL');
      assert.deepEqual(await keysAfterOpen(directory), keys);
      const [replaced] = await replacedStores(path.join(directory, 'store'));
      if (point === 'restore.replaced')
        assert.ok(replaced !== undefined && existsSync(path.join(replaced, 'strata.db')));
      const left = (await readdir(path.join(directory, 'store'))).filter((name) => name.startsWith('.strata'));
      assert.deepEqual(left, []);
    });
  }
});
