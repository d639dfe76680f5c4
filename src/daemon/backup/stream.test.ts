import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DataLossError, ResourceExhaustedError } from '../../errors/index.js';
import { clearStreams, streamBackup } from './stream.js';

describe('a backup that is streamed', () => {
  let root: string;
  let streams: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'strata-stream-'));
    streams = path.join(root, 'io.strata.backup.v1.streams');
  });
  afterEach(() => rm(root, { recursive: true }));

  const left = () => (existsSync(streams) ? readdirSync(streams) : []);
  const content = Buffer.alloc(600_000, 'records');
  const store = { backup: (file: string) => writeFile(file, content) };

  it('is what the store wrote, in pieces that fit into messages, and nothing of it is left', async () => {
    const pieces = await Array.fromAsync(streamBackup(store, root, {}));
    assert.deepEqual(Buffer.concat(pieces), content);
    assert.ok(pieces.length > 1);
    assert.deepEqual(left(), []);
  });

  it('is put together where nobody else can read it', async () => {
    for await (const _ of streamBackup(store, root, {})) {
      assert.equal((await stat(streams)).mode & 0o777, 0o700);
      break;
    }
  });

  it('leaves nothing when its reader goes away', async () => {
    for await (const _ of streamBackup(store, root, {})) break;
    assert.deepEqual(left(), []);
  });

  it('leaves nothing when it fails, and keeps the class of the failure', async () => {
    const failures: readonly (readonly [Error, new (text: string) => Error])[] = [
      [new DataLossError('records.db'), DataLossError],
      [Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }), ResourceExhaustedError],
    ];
    for (const [failure, kind] of failures) {
      const failing = { backup: () => Promise.reject(failure) };
      await assert.rejects(Array.fromAsync(streamBackup(failing, root, {})), kind);
      assert.deepEqual(left(), []);
    }
  });

  it('passes its signal to the store', async () => {
    const { signal } = new AbortController();
    let given: AbortSignal | undefined;
    const noting = {
      backup: async (file: string, passed?: AbortSignal) => {
        given = passed;
        await writeFile(file, '');
      },
    };
    assert.deepEqual(await Array.fromAsync(streamBackup(noting, root, { signal })), []);
    assert.equal(given, signal);
  });

  it('does not come in the way of another one', async () => {
    const [first, second] = [streamBackup(store, root, {}), streamBackup(store, root, {})];
    await first.next();
    await second.next();
    assert.equal(left().length, 2);
    await first.return(undefined);
    assert.equal(left().length, 1);
    await second.return(undefined);
  });

  it('is cleared away after a process that was killed', async () => {
    await mkdir(path.join(streams, 'stream-x'), { recursive: true });
    await clearStreams(root);
    assert.deepEqual(readdirSync(root), []);
    await clearStreams(root);
  });
});
