import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { ResourceExhaustedError, UnknownError } from '../../errors/index.js';
import { textCodec } from '../codec.js';
import type { Store } from '../store.js';
import { defineTable } from '../table.js';
import { explainFailedCommit } from './commit-error.js';
import { openLmdbStore } from './open.js';

const run = promisify(execFile);
const needsRoot = { skip: process.getuid?.() !== 0 && 'needs root' };
const texts = defineTable<readonly [id: number], string>({ name: 'texts', shape: ['number'], codec: textCodec });
const tables = [texts];
const large = 'x'.repeat(50_000);

/** A directory on a disk of four megabytes. */
async function smallDisk(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-full-'));
  t.after(async () => {
    // Lazily, since a test that failed may have left the store open; nothing to unmount is no reason to stay.
    await run('umount', ['--lazy', directory]).catch(() => undefined);
    await rm(directory, { recursive: true, force: true });
  });
  await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory]);
  return directory;
}

/** lmdb-js tells standard error about a failed commit; a test run need not. */
function muteConsole(t: TestContext): void {
  t.mock.method(console, 'error', () => undefined);
}

/** Writes until the disk is full. Gives the ids of what was acknowledged, and the error. */
async function fill(store: Store): Promise<{ readonly ids: number[]; readonly error: unknown }> {
  const ids: number[] = [];
  for (let id = 0; ; id++) {
    try {
      await store.write((tx) => tx.put(texts, [id], large));
      ids.push(id);
    } catch (error) {
      return { ids, error };
    }
  }
}

function storedIds(store: Store): number[] {
  return store.read((tx) => [...tx.range(texts)].map(({ key: [id] }) => id));
}

describe('a full disk', () => {
  it('fails the writes, loses nothing, and is overcome when there is room again', needsRoot, async (t) => {
    muteConsole(t);
    const disk = await smallDisk(t);
    const directory = path.join(disk, 'store');
    const ballast = path.join(disk, 'ballast');
    await writeFile(ballast, Buffer.alloc(1024 * 1024));
    await using store = await openLmdbStore({ path: directory, tables });

    const { ids, error } = await fill(store);
    const full = new ResourceExhaustedError(`cannot write to store ${directory}: no space left on device`);
    assert.ok(error instanceof ResourceExhaustedError);
    assert.equal(error.message, full.message);
    assert.ok(error.cause instanceof Error);

    const together = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => store.write((tx) => tx.put(texts, [1000 + index], large))),
    );
    for (const result of together) {
      assert.equal(
        result.status === 'rejected' && result.reason instanceof Error && result.reason.message,
        full.message,
      );
    }
    assert.deepEqual(storedIds(store), ids);

    await rm(ballast);
    await store.write((tx) => tx.put(texts, [2000], large));
    await store.close();
    await using again = await openLmdbStore({ path: directory, tables });
    assert.deepEqual(storedIds(again), [...ids, 2000]);
  });

  it('lets records be removed, and their room be used', needsRoot, async (t) => {
    muteConsole(t);
    const directory = path.join(await smallDisk(t), 'store');
    await using store = await openLmdbStore({ path: directory, tables });
    const { ids } = await fill(store);
    await store.write((tx) => {
      for (const id of ids.slice(0, 20)) tx.remove(texts, [id]);
    });
    // LMDB uses pages again from the second commit after the one that freed them.
    await store.write((tx) => tx.put(texts, [1000], 'small'));
    await store.write((tx) => tx.put(texts, [1001], large));
    assert.deepEqual(storedIds(store), [...ids.slice(20), 1000, 1001]);
  });

  it('does not keep the store from being closed', { ...needsRoot, timeout: 30_000 }, async (t) => {
    muteConsole(t);
    const directory = path.join(await smallDisk(t), 'store');
    const store = await openLmdbStore({ path: directory, tables });
    const { ids } = await fill(store);
    const failing = [1000, 1001].map((id) => store.write((tx) => tx.put(texts, [id], large)));
    const closing = store.close();
    for (const write of failing) await assert.rejects(write, ResourceExhaustedError);
    await closing;
    await using again = await openLmdbStore({ path: directory, tables });
    assert.deepEqual(storedIds(again), ids);
  });
});

describe('explainFailedCommit', () => {
  /** The error that lmdb-js rejects a write with. */
  const failed = (code: number) => {
    const commitError = Promise.reject(Object.assign(new Error(`code ${code}`), { code }));
    return Object.assign(new Error('Commit failed (see commitError for details)'), { commitError });
  };

  it('calls an error of the disk a full disk only if it is full', async () => {
    const { bavail, bsize } = await statfs(tmpdir());
    assert.ok(bavail * bsize > 2 ** 20, 'this test needs room');
    const error = await explainFailedCommit(tmpdir(), failed(5));
    assert.ok(error instanceof UnknownError);
    assert.equal(error.message, `cannot write to store ${tmpdir()}: code 5: unknown`);
    assert.deepEqual(error.cause, Object.assign(new Error('code 5'), { code: 5 }));
  });

  for (const code of [28, 122]) {
    it(`takes the word of error ${code}`, async () => {
      const error = await explainFailedCommit('/nowhere', failed(code));
      assert.ok(error instanceof ResourceExhaustedError);
      assert.equal(error.message, 'cannot write to store /nowhere: no space left on device: resource exhausted');
    });
  }

  it('makes do with errors of any kind, and with a disk that is gone', async () => {
    for (const [thrown, text] of [
      ['text', 'text'],
      [new Error('plain'), 'plain'],
    ] as const) {
      const error = await explainFailedCommit('/nowhere', thrown);
      assert.equal(error.message, `cannot write to store /nowhere: ${text}: unknown`);
    }
  });
});
