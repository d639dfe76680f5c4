import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InternalError, InvalidArgumentError, NotImplementedError } from '../../errors/index.js';
import type { CheckLevel } from '../../snapshots/index.js';
import { temporaryServer } from '../../testing/grpc-server.js';
import { type MaintenanceServiceOptions, maintenanceService, type ServedCheckEvent } from './maintenance.js';

const events: readonly ServedCheckEvent[] = [
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
    type: 'summary',
    summary: { findings: 1, snapshots: 2, compared: 3, withoutManifest: 4, repaired: 5, unseen: ['btrfs'] },
  },
];

async function serve(options: MaintenanceServiceOptions) {
  const server = await temporaryServer([maintenanceService(options)]);
  return { server, maintenance: server.connect().maintenance };
}

async function all(source: AsyncIterable<ServedCheckEvent>): Promise<ServedCheckEvent[]> {
  const got: ServedCheckEvent[] = [];
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
    assert.deepEqual(asked, [{ level: 'normal' }, { level: 'deep', repair: { dryRun: true, dropDescendants: false } }]);
  });

  it('does not take a check for complete that was cut off', async () => {
    const { server, maintenance } = await serve({ check: async function* () {} });
    await using _ = server;
    await assert.rejects(all(maintenance.check()), InternalError);
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
