import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FakeChecker, problemOf } from '../../../tests/support/fake-checker.js';
import { storeOf } from '../../../tests/support/snapshot-rows.js';
import { CanceledError } from '../../errors/index.js';
import type { CheckEvent, Maintenance } from '../../rpc/client/index.js';
import { defaultConfig } from '../config/index.js';
import { openLiveMaintenance } from './live-maintenance.js';

/** Opens it on a root that is first left as `before` leaves it. */
async function open(
  t: TestContext,
  files: FakeChecker,
  before: (root: string) => void = () => undefined,
): Promise<Maintenance> {
  const root = await mkdtemp(path.join(tmpdir(), 'strata-live-'));
  before(root);
  const { store, ...temporary } = await storeOf([{ id: 1, kind: 'active' }]);
  t.after(async () => {
    await temporary[Symbol.asyncDispose]();
    rmSync(root, { recursive: true, force: true });
  });
  const snapshotters = new Map([['overlayfs', { checker: files, isBusy: () => false, whyUndeleted: () => undefined }]]);
  return openLiveMaintenance({ config: { ...defaultConfig(), root }, store, snapshotters, collections: undefined });
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
    await open(t, new FakeChecker(), (root) => {
      left = path.join(root, 'io.strata.backup.v1.streams', 'stream-x');
      mkdirSync(left, { recursive: true });
    });
    assert.equal(existsSync(left), false);
  });
});
