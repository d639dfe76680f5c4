import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { checkout } from '../../../tests/support/paths.js';
import { openStoreAt } from '../../../tests/support/store.js';
import { LocalSnapshotter, labelsOf, Namespaces } from '../../snapshots/index.js';
import { databaseName } from '../../store/index.js';
import { rootMigrations } from './root-store.js';

/** The store of a root, as a program of that version left it. */
async function storeOf(t: TestContext, version: number): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-migrations-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(directory, { recursive: true });
  const database = new Database(path.join(directory, databaseName));
  database.pragma('page_size = 1024');
  database.exec(readFileSync(path.join(checkout, `tests/support/fixtures/root-${version}.sql`), 'utf8'));
  database.pragma(`user_version = ${version}`);
  database.pragma(`application_id = ${0x53747261}`);
  database.close();
  return directory;
}

const schemaOf = (file: string): unknown[] => {
  const database = new Database(file, { readonly: true });
  try {
    return database.prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name").all();
  } finally {
    database.close();
  }
};

for (const { version } of rootMigrations) {
  describe(`a root of version ${version}`, () => {
    it('is opened with everything that is in it', async (t) => {
      await using store = await openStoreAt(await storeOf(t, version));
      assert.deepEqual(await store.verify(), []);
      const snapshotter = await LocalSnapshotter.open({ name: 'overlayfs', store, driver: new MemoryDriver() });
      const call = { namespace: 'default' };
      const seen: string[] = [];
      for await (const { name, kind, parent } of snapshotter.walk({}, call))
        seen.push(`${kind} ${name} over ${parent}`);
      assert.deepEqual(seen, ['committed base over ', 'view look over base', 'active work over base']);
      assert.equal((await snapshotter.stat('work', call)).labels.get('b'), 'two words');
      assert.deepEqual(await snapshotter.usage('base', call), { size: 4096, inodes: 1 });
      assert.equal((await snapshotter.stat('default/1/k')).kind, 'active');
      assert.deepEqual(await new Namespaces(store).list(), [{ name: 'default', labels: labelsOf({ l: 'x' }) }]);
      const [mount] = await snapshotter.prepare({ key: 'next' }, call);
      assert.ok(Number(mount?.source) > 4096, 'no id is used twice');
    });

    it('has the schema of a new one afterwards', async (t) => {
      const [old, fresh] = [await storeOf(t, version), await mkdtemp(path.join(tmpdir(), 'strata-migrations-'))];
      t.after(() => rmSync(fresh, { recursive: true, force: true }));
      for (const directory of [old, fresh]) await (await openStoreAt(directory)).close();
      assert.deepEqual(schemaOf(path.join(old, databaseName)), schemaOf(path.join(fresh, databaseName)));
    });
  });
}
