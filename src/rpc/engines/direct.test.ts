import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { frame, RawConnection } from '../../../tests/support/raw-grpc.js';
import { ActiveCalls } from './active-calls.js';
import { directEngine } from './direct.js';
import { createStatusMapper } from './status.js';

const log = { warn: () => {}, error: () => {} };

/** An engine without methods, and places for its sockets. */
async function engineIn(t: TestContext) {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-engine-'));
  const runtime = { calls: new ActiveCalls(), log, statusOf: createStatusMapper(log) };
  const engine = directEngine({ methods: new Map(), runtime, keepaliveMs: 60_000, largestMessage: 1000 });
  t.after(async () => {
    const closed = engine.close();
    engine.destroy();
    await closed;
    await rm(directory, { recursive: true, force: true });
  });
  return { engine, place: (name: string) => path.join(directory, name) };
}

async function statusAt(socket: string): Promise<number | undefined> {
  await using raw = new RawConnection(socket);
  return (await raw.call({ path: '/s/M', body: frame(Buffer.alloc(1)) })).status;
}

describe('directEngine', () => {
  it('answers on every socket on which it listens', async (t) => {
    const { engine, place } = await engineIn(t);
    await engine.listen(place('a'));
    await engine.listen(place('b'));
    assert.deepEqual([await statusAt(place('a')), await statusAt(place('b'))], [12, 12]);
  });

  it('says that a socket cannot be had', async (t) => {
    const { engine, place } = await engineIn(t);
    await engine.listen(place('a'));
    await assert.rejects(engine.listen(place('a')), { code: 'EADDRINUSE' });
    assert.equal(await statusAt(place('a')), 12);
  });

  it('closes when it has never listened', async (t) => {
    const { engine } = await engineIn(t);
    await engine.close();
  });

  it('closes although a client is connected', async (t) => {
    const { engine, place } = await engineIn(t);
    await engine.listen(place('a'));
    await using raw = new RawConnection(place('a'));
    assert.equal((await raw.call({ path: '/s/M', body: frame(Buffer.alloc(1)) })).status, 12);
    await engine.close();
    assert.equal(await statusAt(place('a')), undefined);
  });
});
