import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openStoreAt } from '../../../tests/support/store.js';
import { FailedPreconditionError, PermissionDeniedError } from '../../errors/index.js';
import { statement } from '../../store/index.js';
import { openRootStore, rootMigrations, storeDirectory } from './root-store.js';

async function temporaryRoot(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'strata-root-store-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

const NOBODY = 65_534;

const schema = statement<{ name: string; sql: string }>(
  "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
);

describe('the store of a root', () => {
  it('has a schema that says what its columns are, in strict tables', async (t) => {
    await using store = await openStoreAt(storeDirectory(await temporaryRoot(t)));
    const tables = store.read((tx) => tx.all(schema));
    const own = tables.filter(({ sql }) => rootMigrations.some((migration) => migration.sql.includes(sql)));
    const names = own.map(({ name }) => name);
    for (const name of ['snapshots', 'snapshot_labels', 'namespaces', 'root_choices', 'leases'])
      assert.ok(names.includes(name));
    for (const { name, sql } of own) assert.match(sql, /\) STRICT(, WITHOUT ROWID)?$/, name);
    assert.match(tables.find(({ name }) => name === 'snapshots')?.sql ?? '', /-- names its files on disk/);
  });

  it('keeps to itself what is in it', async (t) => {
    const root = await temporaryRoot(t);
    await using store = await openStoreAt(storeDirectory(root));
    assert.equal((await stat(storeDirectory(root))).mode & 0o077, 0);
    for (const suffix of ['', '-wal', '-shm'])
      assert.equal((await stat(store.file + suffix)).mode & 0o777, 0o600, suffix);
  });

  it('refuses a root whose records are in LMDB, and says what to do', async (t) => {
    const root = await temporaryRoot(t);
    await mkdir(join(root, 'io.strata.store.v1.lmdb'));
    await assert.rejects(openRootStore(root), (error) => {
      assert.ok(error instanceof FailedPreconditionError);
      assert.match(error.context, /has its records in LMDB .*: use the version that made it, or move the root away/);
      return true;
    });
  });

  it('is not said to be missing where nobody can look', {
    skip: process.getuid?.() !== 0 && 'needs root',
  }, async (t) => {
    const root = await temporaryRoot(t);
    await (await openStoreAt(storeDirectory(root))).close();
    process.seteuid?.(NOBODY);
    const refused = await openRootStore(root).catch((error: unknown) => error);
    process.seteuid?.(0);
    assert.ok(refused instanceof PermissionDeniedError, String(refused));
    assert.match(refused.context, /^cannot read the records of the root /);
  });

  it('is missing in a root without one, and where there is no root, which are told apart', async (t) => {
    const root = await temporaryRoot(t);
    await assert.rejects(openRootStore(root), /has no records: .*strata\.db: not found$/);
    await assert.rejects(openRootStore(join(root, 'r')), /the root .*\/r does not exist: not found$/);
  });
});
