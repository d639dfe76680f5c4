import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { DirectoryTemplate } from '../../trees/index.js';
import { ReadyDirectories } from './ready-directories.js';

const template: DirectoryTemplate = {
  mode: 0o700,
  directories: [
    { name: 'fs', mode: 0o755 },
    { name: 'work', mode: 0o711 },
  ],
};

/** A stock that is full. */
async function open(t: TestContext, root = mkdtempSync(join(tmpdir(), 'strata-ready-'))) {
  const path = join(root, 'ready');
  const failures: unknown[] = [];
  const onError = (error: unknown) => void failures.push(error);
  const stock = ReadyDirectories.open({ path, template, target: 4, onError }, `run${Math.random()}`);
  t.after(async () => {
    await stock.close();
    rmSync(root, { recursive: true, force: true });
  });
  await stock.settled();
  return { root, path, stock, failures };
}

describe('ReadyDirectories', () => {
  it('preallocates directories, exactly as the template says', async (t) => {
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

  it('deletes what an earlier process left, and makes as many', async (t) => {
    const { root, path, stock } = await open(t);
    await stock.close();
    const left = readdirSync(path);
    writeFileSync(join(path, String(left[0]), 'fs/left'), '');
    const again = await open(t, root);
    const there = readdirSync(path);
    assert.equal(there.length, 4);
    assert.deepEqual(
      left.filter((name) => there.includes(name)),
      [],
    );
    assert.deepEqual(again.failures, []);
  });

  it('makes none while it is being opened, and lets nobody wait for that', async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'strata-ready-'));
    const onError = () => undefined;
    const stock = ReadyDirectories.open({ path: join(root, 'ready'), template, target: 4, onError }, 'run');
    t.after(async () => {
      await stock.close();
      rmSync(root, { recursive: true, force: true });
    });
    assert.equal(await stock.take(), undefined);
  });
});
