import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { DirectoryTemplate } from '../../trees/index.js';
import { ReadyDirectories } from './ready-directories.js';

const template: DirectoryTemplate = {
  mode: 0o700,
  directories: [
    { name: 'fs', mode: 0o755, handedOut: true },
    { name: 'work', mode: 0o711, handedOut: false },
  ],
};

/** A stock that is full, and a place for directories in use. */
async function open(t: TestContext, root = mkdtempSync(join(tmpdir(), 'strata-ready-'))) {
  const path = join(root, 'ready');
  const used = join(root, 'used');
  mkdirSync(used, { recursive: true });
  const failures: unknown[] = [];
  const onError = (error: unknown) => void failures.push(error);
  const stock = ReadyDirectories.open({ path, template, target: 4, onError }, `run${Math.random()}`);
  t.after(async () => {
    await stock.close();
    rmSync(root, { recursive: true, force: true });
  });
  await stock.settled();
  return { root, path, used, stock, failures };
}

/** Makes a directory as one that was taken out and used. */
function makeUsed(used: string, name: string, change: (path: string) => void = () => undefined): void {
  const path = join(used, name);
  mkdirSync(path, { mode: 0o700 });
  for (const { name: inside, mode } of template.directories) {
    mkdirSync(join(path, inside));
    chmodSync(join(path, inside), mode);
  }
  change(path);
}

describe('ReadyDirectories', () => {
  it('makes directories ahead, exactly as the template says', async (t) => {
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    const { path, stock } = await open(t);
    const name = await stock.take();
    assert.ok(name !== undefined);
    assert.equal(statSync(join(path, name)).mode & 0o7777, 0o700);
    assert.equal(statSync(join(path, name, 'fs')).mode & 0o7777, 0o755);
    assert.equal(statSync(join(path, name, 'work')).mode & 0o7777, 0o711);
  });

  it('never gives one out twice, and makes more for those who find none', async (t) => {
    const { path, stock, failures } = await open(t);
    const taken = await Promise.all(Array.from({ length: 50 }, () => stock.take()));
    assert.equal(new Set(taken).size, 50);
    for (const name of taken) assert.ok(existsSync(join(path, String(name))), name);
    assert.deepEqual(failures, []);
  });

  it('lets nobody wait for what cannot be made, or is made no more', async (t) => {
    const { path, stock, failures } = await open(t);
    rmSync(path, { recursive: true });
    const taken = await Promise.all(Array.from({ length: 6 }, () => stock.take()));
    assert.deepEqual(taken.slice(4), [undefined, undefined]);
    assert.ok(failures.length > 0);
    const waiting = Promise.all(Array.from({ length: 50 }, () => stock.take()));
    await stock.close();
    assert.ok((await waiting).includes(undefined));
    assert.equal(await stock.take(), undefined);
  });

  it('takes back what nothing was put into, with a new directory in the place of the one handed out', async (t) => {
    const { path, used, stock } = await open(t);
    makeUsed(used, 'untouched');
    const held = openSync(join(used, 'untouched/fs'), 'r');
    t.after(() => closeSync(held));
    await stock.reclaim(used, ['untouched']);
    assert.equal(existsSync(join(used, 'untouched')), false);
    assert.equal(await stock.take(), 'untouched');
    // Who still holds the old one must not get into the next user's files.
    assert.throws(() => mkdirSync(`/proc/self/fd/${held}/intruder`), { code: 'ENOENT' });
    assert.deepEqual(readdirSync(join(path, 'untouched/fs')), []);
  });

  it('makes the directory that was handed out anew, whatever its mode and owner were', async (t) => {
    const { path, used, stock } = await open(t);
    makeUsed(used, 'changed', (directory) => {
      chmodSync(join(directory, 'fs'), 0o1777);
      if (process.getuid?.() === 0) chownSync(join(directory, 'fs'), 7, 8);
    });
    await stock.reclaim(used, ['changed']);
    assert.equal(await stock.take(), 'changed');
    const { mode, uid, gid } = statSync(join(path, 'changed/fs'));
    assert.deepEqual([mode & 0o7777, uid, gid], [0o755, process.geteuid?.(), process.getegid?.()]);
  });

  const changes: Readonly<Record<string, (path: string) => void>> = {
    'a file in fs': (path) => writeFileSync(join(path, 'fs/file'), ''),
    'a directory in work, as a mount leaves it': (path) => mkdirSync(join(path, 'work/work')),
    'a further entry': (path) => writeFileSync(join(path, 'extra'), ''),
    'a missing directory': (path) => rmSync(join(path, 'work'), { recursive: true }),
    'another mode of work': (path) => chmodSync(join(path, 'work'), 0o777),
    'a file in the place of fs': (path) => {
      rmSync(join(path, 'fs'), { recursive: true });
      writeFileSync(join(path, 'fs'), '');
    },
    'another mode of the top': (path) => chmodSync(path, 0o755),
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`deletes what has ${what}`, async (t) => {
      const { path, used, stock } = await open(t);
      makeUsed(used, 'touched', change);
      await stock.reclaim(used, ['touched', 'never there']);
      assert.deepEqual(readdirSync(used), []);
      assert.equal(existsSync(join(path, 'touched')), false);
    });
  }

  it('keeps no more than it has room for', async (t) => {
    const { path, used, stock } = await open(t);
    const names = Array.from({ length: 40 }, (_, n) => `n${n}`);
    for (const name of names) makeUsed(used, name);
    await stock.reclaim(used, names);
    assert.deepEqual(readdirSync(used), []);
    assert.equal(readdirSync(path).length, 16);
  });

  it('takes over what an earlier process left, if it is as it was made', async (t) => {
    const { root, path, stock } = await open(t);
    await stock.close();
    const [first = ''] = readdirSync(path);
    writeFileSync(join(path, first, 'fs/left'), '');
    const again = await open(t, root);
    assert.equal(existsSync(join(path, first)), false);
    assert.equal(readdirSync(path).length, 4);
    assert.deepEqual(again.failures, []);
  });

  it('refuses names that lead elsewhere', async (t) => {
    const { used, stock } = await open(t);
    for (const name of ['../ready', '..', '', 'a/b']) {
      await assert.rejects(stock.reclaim(used, [name]), { code: 'InvalidArgument' });
    }
  });
});
