import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FakeChecker, problemOf } from '../../../tests/support/fake-checker.js';
import { FakeContainerd } from '../../../tests/support/fake-containerd.js';
import { storeOf } from '../../../tests/support/snapshot-rows.js';
import { CanceledError, FailedPreconditionError } from '../../errors/index.js';
import type { CheckEvent, Maintenance } from '../../rpc/client/index.js';
import { defaultConfig } from '../config/index.js';
import { StatWatch } from '../front/stat-watch.js';
import { openLiveMaintenance, type Proxied } from './live-maintenance.js';

/** Opens it on a root that is first left as `before` leaves it. */
const unused = () => Promise.reject(new Error('not asked for in these tests'));

async function open(
  t: TestContext,
  files: FakeChecker,
  { before = () => undefined, proxied }: { before?: (root: string) => void; readonly proxied?: Proxied } = {},
): Promise<Maintenance> {
  const root = await mkdtemp(path.join(tmpdir(), 'strata-live-'));
  before(root);
  const { store, ...temporary } = await storeOf([{ id: 1, kind: 'active' }]);
  t.after(async () => {
    await temporary[Symbol.asyncDispose]();
    rmSync(root, { recursive: true, force: true });
  });
  const snapshotters = new Map([
    ['overlayfs', { checker: files, isBusy: () => false, whyUndeleted: () => undefined, stat: unused, mounts: unused }],
  ]);
  const parts = {
    config: { ...defaultConfig(), root },
    store,
    snapshotters,
    collections: undefined,
    defaultName: 'overlayfs',
    namespace: 'n',
  };
  return openLiveMaintenance(parts, proxied);
}

async function told(events: AsyncIterable<CheckEvent>): Promise<string[]> {
  const types: string[] = [];
  for await (const event of events) types.push(event.type === 'action' ? event.action.state : event.type);
  return types;
}

describe('openLiveMaintenance', () => {
  it('checks at the level normal unless told otherwise', async (t) => {
    const files = new FakeChecker(['1']);
    const maintenance = await open(t, files);
    assert.deepEqual(await told(maintenance.check()), ['summary']);
    assert.deepEqual(await told(maintenance.check({ level: 'deep' })), ['summary']);
    const looks = files.asked.filter((asked) => asked.startsWith('inspect 1'));
    assert.deepEqual(looks, ['inspect 1 normal', 'inspect 1 deep']);
  });

  it('repairs when told to', async (t) => {
    const files = new FakeChecker(['1']);
    files.problems.set('1', () => [problemOf('wrong-mode', { repairable: true })]);
    const maintenance = await open(t, files);
    assert.deepEqual(await told(maintenance.check({ repair: { dryRun: true } })), ['finding', 'planned', 'summary']);
    assert.deepEqual(await told(maintenance.check({ repair: {} })), ['finding', 'planned', 'done', 'summary']);
    assert.deepEqual(await told(maintenance.check()), ['summary']);
  });

  it('compares with the containerd in front of a daemon in proxy mode', async (t) => {
    const stats = new StatWatch();
    const containerd = new FakeContainerd(stats);
    containerd.proxies.set('strata', '/s.sock');
    containerd.record('ci/1/lost', { lost: true });
    await using server = await containerd.serve();
    const proxied = { own: '/s.sock', stats };
    const maintenance = await open(t, new FakeChecker(['1']), { proxied });
    const address = { containerd: server.socket };
    assert.deepEqual(await told(maintenance.check(address)), ['finding', 'summary']);
    const repaired = await told(maintenance.check({ ...address, repair: {} }));
    assert.deepEqual(repaired, ['finding', 'planned', 'done', 'summary']);
    assert.deepEqual(containerd.removed, ['ci lost']);
    // Nobody has this daemon as a proxy at the usual address.
    assert.deepEqual(await told(maintenance.check()), ['summary']);
    containerd.proxies.clear();
    await assert.rejects(told(maintenance.check(address)), FailedPreconditionError);
  });

  it('compares with no containerd where none can be in front', async (t) => {
    const maintenance = await open(t, new FakeChecker(['1']));
    await assert.rejects(told(maintenance.check({ containerd: '/c.sock' })), FailedPreconditionError);
  });

  it('stops when its signal is aborted', async (t) => {
    const maintenance = await open(t, new FakeChecker(['1']));
    const call = { signal: AbortSignal.abort(new CanceledError('enough')) };
    await assert.rejects(told(maintenance.check({}, call)), CanceledError);
  });

  it('gives a database as a backup', async (t) => {
    const maintenance = await open(t, new FakeChecker(['1']));
    const bytes = Buffer.concat(await Array.fromAsync(maintenance.backup()));
    assert.equal(bytes.subarray(0, 15).toString(), 'SQLite format 3');
  });

  it('takes away what a process that was killed left of its backups', async (t) => {
    let left = '';
    const before = (root: string) => {
      left = path.join(root, 'io.strata.backup.v1.streams', 'stream-x');
      mkdirSync(left, { recursive: true });
    };
    await open(t, new FakeChecker(), { before });
    assert.equal(existsSync(left), false);
  });
});
