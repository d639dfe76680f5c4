/** Backups of the records: while the daemon serves, without it, by its schedule; and taking them back. */
import assert from 'node:assert/strict';
import { lstat, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { strataCommand } from '../support/paths.js';
import { run } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import { addressIn, Strata, serveArguments } from '../support/strata.js';
import { until } from '../support/until.js';

scenario('backup and restore', {}, async (running) => {
  const strata = await Strata.start(running);
  const root = path.join(strata.directory, 'root');
  const file = path.join(strata.directory, 'records.db');
  const restore = (from: string) => run(strataCommand, ['restore', '--root', root, from]);
  const idsOnDisk = async () => (await strata.onDisk()).map(Number);
  const keys = async () => (await strata.must(['ls', '--json'])).match(/"name": "[^"]*"/g)?.sort() ?? [];

  await running.step('a backup is made while the daemon serves, for its maker alone', async () => {
    await strata.must(['prepare', 'build']);
    await strata.must(['commit', 'base', 'build']);
    assert.match(await strata.must(['backup', file]), /records\.db/);
    assert.equal((await lstat(file)).mode & 0o777, 0o600);
    assert.deepEqual(
      (await readdir(strata.directory)).filter((name) => name.includes('records')),
      ['records.db'],
    );
    await strata.must(['prepare', 'after', 'base']);
    await strata.must(['commit', 'later', 'after']);
  });

  await running.step('a restore is refused while the daemon runs, and changes nothing', async () => {
    const { status, stderr } = await restore(file);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`is in use by process ${strata.server.pid}`));
    assert.deepEqual(await keys(), ['"name": "base"', '"name": "later"']);
  });

  await running.step('a restore brings the records back, says what it replaced, and what to do next', async () => {
    await strata.stop();
    const { status, stdout, stderr } = await restore(file);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /are kept in .*\.replaced-/);
    assert.match(stdout, /next: strata check --root /);
  });

  await running.step('afterwards no files are deleted, and no id of which there are files is given out', async () => {
    const before = await idsOnDisk();
    await strata.startAgain();
    await strata.must(['prepare', 'new', 'base']);
    const created = (await idsOnDisk()).filter((id) => !before.includes(id));
    assert.equal(created.length, 1);
    assert.ok(Math.min(...created) > Math.max(...before));
    assert.equal((await strata.onDisk()).length, before.length + 1);
    assert.deepEqual(await keys(), ['"name": "base"', '"name": "new"']);
  });

  await running.step('when what was replaced is deleted, so are the files that only it knew', async () => {
    await strata.stop();
    const store = 'io.strata.store.v1.sqlite';
    const [replaced = ''] = (await readdir(root)).filter((name) => name.startsWith(`${store}.replaced-`));
    await rm(path.join(root, replaced), { recursive: true });
    const before = (await idsOnDisk()).length;
    await strata.startAgain();
    await until('the files are deleted', async () => (await idsOnDisk()).length === before - 1);
    assert.match(await strata.must(['plugins', '--json']), /deleted=1 kept=0/);
  });

  await running.step('without a daemon the root itself is read', async () => {
    await strata.stop();
    const direct = path.join(strata.directory, 'direct.db');
    assert.equal((await run(strataCommand, ['backup', '--root', root, direct])).status, 0);
    assert.equal((await restore(direct)).status, 0);
  });

  await running.step('an unreadable database is refused with its name and that of the newest backup', async () => {
    const data = path.join(root, 'io.strata.store.v1.sqlite', 'strata.db');
    await rename(data, `${data}.kept`);
    await writeFile(data, 'x'.repeat(8192));
    const backup = path.join(root, 'io.strata.backup.v1.records', 'records-2026-01-01T00-00-00Z.db');
    await run('mkdir', ['-p', path.dirname(backup)]);
    await writeFile(backup, await readFile(file));
    const args = [...serveArguments(strata.directory), '--address', addressIn(strata.directory)];
    const { status, stderr } = await run(strataCommand, args);
    assert.equal(status, 1);
    assert.ok(stderr.includes(data) && stderr.includes(backup), stderr);
    assert.equal((await restore(backup)).status, 0);
    await strata.startAgain();
    assert.deepEqual(await keys(), ['"name": "base"']);
  });
});
