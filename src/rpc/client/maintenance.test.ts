import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defineService, temporaryServer, versionService } from '../../../tests/support/grpc-server.js';
import { InternalError, NotImplementedError } from '../../errors/index.js';
import { wireMaintenance } from '../proto/index.js';

type CheckResponse = wireMaintenance.CheckResponse;
type BackupResponse = wireMaintenance.BackupResponse;
type CollectResponse = wireMaintenance.CollectResponse;

const value = { findings: 0, snapshots: 0, compared: 0, withoutFileList: 0, repaired: 0, unseen: [], unread: [] };
const summary: CheckResponse = { event: { $case: 'summary', value: { ...value, containerd: '' } } };

const data = (text: string): BackupResponse => ({ part: { $case: 'data', value: Buffer.from(text) } });
const total = (bytes: number): BackupResponse => ({ part: { $case: 'total', value: bytes } });

/** The maintenance of a daemon that sends these messages. */
async function serve(
  checks: readonly CheckResponse[],
  backups: readonly BackupResponse[] = [],
  collections: readonly CollectResponse[] = [],
) {
  const server = await temporaryServer([
    defineService(wireMaintenance.MaintenanceDefinition, {
      check: async function* () {
        yield* checks;
      },
      backup: async function* () {
        yield* backups;
      },
      why: async () => ({ keptBy: [{ why: 'lease', name: 'l', through: ['a'] }], mounted: '' }),
      collect: async function* () {
        yield* collections;
      },
    }),
  ]);
  return { maintenance: server.connect().maintenance, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe('a check by a daemon', () => {
  it('leaves out of a finding what is empty, but for what every finding has', async () => {
    const empty = { kind: '', snapshotter: '', namespace: '', key: '', id: '', path: '', message: '', remedy: '' };
    const finding = { kind: '', message: '', remedy: '' };
    await using served = await serve([
      { event: { $case: 'finding', value: empty } },
      { event: { $case: 'left', value: { ...empty, key: 'a' } } },
      summary,
    ]);
    assert.deepEqual(await Array.fromAsync(served.maintenance.check()), [
      { type: 'finding', finding },
      { type: 'left', finding: { ...finding, key: 'a' } },
      { type: 'summary', summary: value },
    ]);
  });

  it('gives notes, and what containerd has to be told', async () => {
    const empty = { snapshotter: '', namespace: '', key: '', id: '' };
    const note = { ...empty, kind: 'unclaimed-snapshot', path: '', message: 'm', remedy: 'none' };
    const action = { ...empty, remedy: 'drop-snapshot', message: 'm', state: 'done', reason: '' };
    const forget = [{ namespace: 'k8s.io', key: 'a' }];
    await using served = await serve([
      { event: { $case: 'note', value: note } },
      { event: { $case: 'action', value: { ...action, forget } } },
      { event: { $case: 'action', value: { ...action, forget: [] } } },
      { event: { $case: 'summary', value: { ...value, containerd: 'compared' } } },
    ]);
    const told = { remedy: 'drop-snapshot', message: 'm', state: 'done' };
    assert.deepEqual(await Array.fromAsync(served.maintenance.check()), [
      { type: 'note', finding: { kind: 'unclaimed-snapshot', message: 'm', remedy: 'none' } },
      { type: 'action', action: { ...told, forget } },
      { type: 'action', action: told },
      { type: 'summary', summary: { ...value, containerd: 'compared' } },
    ]);
  });

  it('passes over events that only a newer daemon knows', async () => {
    await using served = await serve([{ event: undefined }, summary]);
    assert.equal((await Array.fromAsync(served.maintenance.check())).length, 1);
  });

  it('is not complete without a summary', async () => {
    await using served = await serve([]);
    await assert.rejects(
      Array.fromAsync(served.maintenance.check()),
      new InternalError('the check ended without a summary'),
    );
  });
});

describe('a backup by a daemon', () => {
  it('is what was sent', async () => {
    await using served = await serve([], [data('ab'), { part: undefined }, data(''), data('c'), total(3)]);
    const chunks = await Array.fromAsync(served.maintenance.backup());
    assert.equal(Buffer.concat(chunks).toString(), 'abc');
  });

  const cut: readonly (readonly [what: string, sent: readonly BackupResponse[], message: string])[] = [
    ['has no end', [data('ab')], 'the backup ended after 2 bytes, want more'],
    ['lacks bytes', [data('ab'), total(3)], 'the backup ended after 2 bytes, want 3'],
    ['has too many', [data('abcd'), total(3)], 'the backup ended after 4 bytes, want 3'],
    ['is nothing at all', [], 'the backup ended after 0 bytes, want more'],
  ];
  for (const [what, sent, message] of cut) {
    it(`is not whole when it ${what}`, async () => {
      await using served = await serve([], sent);
      await assert.rejects(Array.fromAsync(served.maintenance.backup()), new InternalError(message));
    });
  }
});

describe('maintenance', () => {
  it('is not what any other daemon does', async () => {
    await using server = await temporaryServer([versionService({ version: '1', revision: '' })]);
    const { maintenance } = server.connect();
    await assert.rejects(Array.fromAsync(maintenance.check()), NotImplementedError);
    await assert.rejects(Array.fromAsync(maintenance.backup()), NotImplementedError);
  });
});

describe('what a daemon says of a snapshot', () => {
  it('is what keeps it, and no place where it is not mounted', async () => {
    await using served = await serve([]);
    assert.deepEqual(await served.maintenance.why({ key: 'k' }), {
      by: [{ why: 'lease', name: 'l', through: ['a'] }],
    });
  });
});
