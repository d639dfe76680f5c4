import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { alterRows } from '../../../tests/support/damage/record-damage.js';
import { openStoreAt } from '../../../tests/support/store.js';
import { AbortedError, FailedPreconditionError, NotFoundError } from '../../errors/index.js';
import { statement } from '../../store/index.js';
import { storeDirectory } from '../parts/root-store.js';
import { backUpRoot, restoreRoot } from './root.js';

describe('a root that no daemon serves', () => {
  let parent: string;
  let root: string;
  let file: string;
  beforeEach(async () => {
    parent = await mkdtemp(path.join(tmpdir(), 'strata-backup-root-'));
    root = path.join(parent, 'root');
    file = path.join(parent, 'records.db');
  });
  afterEach(() => rm(parent, { recursive: true }));

  /** Records a choice, so that records can be told apart. */
  async function choose(value: string): Promise<void> {
    await using store = await openStoreAt(storeDirectory(root));
    await alterRows({ store }, `INSERT OR REPLACE INTO root_choices VALUES ('snapshotter', '${value}')`);
  }

  async function chosen(): Promise<unknown> {
    await using store = await openStoreAt(storeDirectory(root));
    const select = statement<{ readonly value: string }>('SELECT value FROM root_choices');
    return store.read((reader) => reader.all(select).map(({ value }) => value));
  }

  it('gives its records to a file, and gets them back from it', async () => {
    await choose('native');
    await backUpRoot({ root }, file);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await choose('btrfs');
    const { replaced } = await restoreRoot({ root }, file);
    assert.deepEqual(await chosen(), ['native']);
    assert.ok(replaced !== undefined && (await stat(replaced)).isDirectory());
  });

  it('gets records where it had none', async () => {
    await choose('native');
    await backUpRoot({ root }, file);
    await rm(root, { recursive: true });
    assert.equal((await restoreRoot({ root }, file)).replaced, undefined);
    assert.deepEqual(await chosen(), ['native']);
  });

  it('is not made by a backup of it', async () => {
    await assert.rejects(backUpRoot({ root }, file), (error: unknown) => {
      assert.ok(error instanceof NotFoundError);
      assert.ok(error.message.startsWith(`the root ${root} does not exist: `));
      return true;
    });
    assert.deepEqual(await readdir(parent), []);
    await mkdir(root);
    await assert.rejects(backUpRoot({ root }, file), (error: unknown) => {
      assert.ok(error instanceof NotFoundError);
      assert.ok(error.message.startsWith(`the root ${root} has no records: `));
      return true;
    });
    assert.deepEqual(await readdir(root), []);
  });

  it('is left to the process that has it', async () => {
    await using store = await openStoreAt(storeDirectory(root));
    assert.ok(store.file.startsWith(root));
    await assert.rejects(backUpRoot({ root }, file), FailedPreconditionError);
    await writeFile(file, 'a backup');
    await assert.rejects(restoreRoot({ root }, file), FailedPreconditionError);
    assert.deepEqual(await readdir(parent), ['records.db', 'root']);
  });

  it('leaves no half of a file when it is told to stop', async () => {
    await choose('native');
    const reason = new AbortedError('enough');
    await assert.rejects(backUpRoot({ root }, file, { signal: AbortSignal.abort(reason) }), reason);
    assert.deepEqual(await readdir(parent), ['root']);
  });
});
