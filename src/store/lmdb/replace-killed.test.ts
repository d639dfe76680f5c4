/** Backups and restores that are killed where files take the place of others. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { endOf } from '../../../tests/support/die-at.js';
import { type FaultPoint, faultPoints } from '../../base/index.js';
import { left } from './crash.test.tables.js';
import { openLmdbStore } from './open.js';
import { restoreLmdbStore } from './restore.js';

const program = fileURLToPath(new URL('./replace-killed.test.child.js', import.meta.url));

async function putInto(store: string, text: string): Promise<void> {
  await using opened = await openLmdbStore({ path: store, tables: [left] });
  await opened.write((tx) => tx.put(left, [1], text));
}

async function contentOf(store: string): Promise<string | undefined> {
  await using opened = await openLmdbStore({ path: store, tables: [left] });
  return opened.read((tx) => tx.get(left, [1]));
}

/** A store that holds `now`, and a backup of it from when it held `then`. */
async function prepare(t: TestContext) {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-replace-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const [store, file] = [path.join(directory, 'store'), path.join(directory, 'backups', 'backup')];
  await putInto(store, 'then');
  {
    await using opened = await openLmdbStore({ path: store, tables: [left] });
    mkdirSync(path.dirname(file));
    await opened.backUp({ file });
  }
  await putInto(store, 'now');
  return { directory, store, file };
}

/** What a backup holds, found out by taking it back somewhere else. */
async function contentOfBackup(directory: string, file: string): Promise<string | undefined> {
  const elsewhere = path.join(directory, 'elsewhere');
  await restoreLmdbStore({ path: elsewhere, file, table: left.name, now: new Date() });
  return contentOf(elsewhere);
}

/** What each holds when the process died at a point. */
const holds: Readonly<Partial<Record<FaultPoint, string>>> = {
  'backup.copied': 'then',
  'backup.named': 'now',
  'restore.copied': 'now',
  'restore.kept': 'now',
  'restore.replaced': 'then',
};

const pointsOf = (what: string) => faultPoints.filter((point) => point.startsWith(`${what}.`));

describe('a backup that is killed', () => {
  for (const point of pointsOf('backup')) {
    it(`leaves the one from before or the new one as a whole (${point})`, async (t) => {
      const { directory, store, file } = await prepare(t);
      assert.equal(await endOf(program, [store, file, point]), 'SIGKILL');
      assert.equal(await contentOfBackup(directory, file), holds[point]);
      assert.equal(await contentOf(store), 'now');
    });
  }
});

describe('a restore that is killed', () => {
  for (const point of pointsOf('restore')) {
    it(`leaves the records from before or those of the backup, and can be done again (${point})`, async (t) => {
      const { directory, store, file } = await prepare(t);
      assert.equal(await endOf(program, [store, file, point]), 'SIGKILL');
      assert.equal(await contentOf(store), holds[point]);
      assert.deepEqual(
        readdirSync(store).filter((name) => name.startsWith('.strata')),
        [],
        'a copy that was not finished is gone when the store was open',
      );
      await restoreLmdbStore({ path: store, file, table: left.name, now: new Date() });
      assert.equal(await contentOf(store), 'then');
      assert.ok(existsSync(file));
      const kept = readdirSync(directory).filter((name) => name.includes('.replaced-'));
      assert.notDeepEqual(kept, [], 'what was replaced is kept');
    });
  }
});
