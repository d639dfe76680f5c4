import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { temporaryServer } from '../../../tests/support/grpc-server.js';
import type { CheckEvent } from '../../check/index.js';
import {
  InternalError,
  InvalidArgumentError,
  NotImplementedError,
  ResourceExhaustedError,
} from '../../errors/index.js';
import type { CheckLevel } from '../../snapshots/index.js';
import { type MaintenanceServiceOptions, maintenanceService } from './maintenance.js';

const events: readonly CheckEvent[] = [
  {
    type: 'finding',
    finding: {
      kind: 'missing-directory',
      snapshotter: 'overlayfs',
      key: 'a',
      id: '7',
      message: 'gone',
      remedy: 'none',
    },
  },
  {
    type: 'action',
    action: { remedy: 'move-away', snapshotter: 'overlayfs', message: 'moves', state: 'failed', reason: 'busy' },
  },
  {
    type: 'action',
    action: { remedy: 'drop-snapshot', message: 'drops', state: 'done', forget: [{ namespace: 'ci', key: 'a' }] },
  },
  { type: 'note', finding: { kind: 'unclaimed-snapshot', key: 'ci/1/b', message: 'unknown', remedy: 'none' } },
  {
    type: 'summary',
    summary: {
      findings: 1,
      snapshots: 2,
      compared: 3,
      withoutFileList: 4,
      repaired: 5,
      unseen: ['zfs'],
      unread: ['devmapper'],
      containerd: 'compared',
    },
  },
];

async function serve(options: MaintenanceServiceOptions) {
  const server = await temporaryServer([maintenanceService(options)]);
  return { server, maintenance: server.connect().maintenance };
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const event of source) got.push(event);
  return got;
}

describe('maintenance', () => {
  it('checks, with what was asked for, and gives every event as it was', async () => {
    const asked: unknown[] = [];
    const { server, maintenance } = await serve({
      check: async function* (request) {
        asked.push(request);
        yield* events;
      },
    });
    await using _ = server;
    assert.deepEqual(await all(maintenance.check()), events);
    await all(maintenance.check({ level: 'deep', repair: { dryRun: true } }));
    await all(maintenance.check({ containerd: '/c.sock' }));
    assert.deepEqual(asked, [
      { level: 'normal' },
      { level: 'deep', repair: { dryRun: true, dropDescendants: false, emptyLostAndFound: false } },
      { level: 'normal', containerd: '/c.sock' },
    ]);
  });

  it('does not take a check for complete that was cut off', async () => {
    const { server, maintenance } = await serve({ check: async function* () {} });
    await using _ = server;
    await assert.rejects(all(maintenance.check()), InternalError);
  });

  it('sends a backup as it is, and does not take one for whole that was cut off', async () => {
    const parts = [Buffer.from('one'), Buffer.alloc(300_000, 7), Buffer.of()];
    const { server, maintenance } = await serve({
      backup: async function* () {
        yield* parts;
      },
    });
    await using _ = server;
    const got: Uint8Array[] = [];
    for await (const part of maintenance.backup()) got.push(part);
    assert.deepEqual(Buffer.concat(got), Buffer.concat(parts));
    const failing = await serve({
      backup: async function* () {
        yield* parts;
        throw new ResourceExhaustedError('no space left on device');
      },
    });
    await using __ = failing.server;
    await assert.rejects(async () => {
      for await (const _ of failing.maintenance.backup());
    }, ResourceExhaustedError);
  });

  it('refuses a level that there is not, and what the daemon has no part for', async () => {
    const { server, maintenance } = await serve({});
    await using _ = server;
    await assert.rejects(all(maintenance.check()), NotImplementedError);
    const { server: other, maintenance: able } = await serve({ check: async function* () {} });
    await using __ = other;
    await assert.rejects(all(able.check({ level: 'toString' as CheckLevel })), InvalidArgumentError);
  });
});
