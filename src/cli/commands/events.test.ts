import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon } from '../../../tests/support/fake-daemon.js';
import { InvalidArgumentError } from '../../errors/index.js';
import type { EventEnvelope } from '../../rpc/client/index.js';
import { encodeMessage, wirePayloads } from '../../rpc/proto/index.js';

const prepared = { key: 'work', parent: 'base', snapshotter: 'overlayfs' };

function envelope(changes: Partial<EventEnvelope> = {}): EventEnvelope {
  return {
    timestamp: { seconds: 1_785_499_200, nanos: 42 },
    namespace: 'default',
    topic: '/snapshot/prepare',
    event: {
      typeUrl: 'containerd.events.SnapshotPrepare',
      value: encodeMessage(wirePayloads.SnapshotPrepare, prepared),
    },
    ...changes,
  };
}

function daemon(...events: readonly EventEnvelope[]): FakeDaemon {
  const made = new FakeDaemon();
  made.events.push(...events);
  return made;
}

describe('strata events', () => {
  it('prints a line for each, with nanoseconds, on any terminal', async () => {
    for (const columns of [undefined, 40]) {
      const { status, out } = await daemon(envelope(), envelope()).run(
        ['events'],
        columns === undefined ? {} : { columns },
      );
      assert.equal(status, 0);
      const line =
        '2026-07-31T12:00:00.000000042Z default /snapshot/prepare {"key":"work","parent":"base","snapshotter":"overlayfs"}\n';
      assert.equal(out, line + line);
    }
  });

  it('prints one line of JSON for each', async () => {
    const { out } = await daemon(envelope(), envelope({ namespace: 'ci' })).run(['events', '--json']);
    const [first, second] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(first.type, 'containerd.events.SnapshotPrepare');
    assert.equal(first.event.key, 'work');
    assert.equal(second.namespace, 'ci');
  });

  it('passes filters on', async () => {
    const asked = daemon();
    await asked.run(['events', 'topic=="/snapshot/commit"', 'namespace==ci']);
    assert.deepEqual(asked.asked, [['subscribe', ['topic=="/snapshot/commit"', 'namespace==ci']]]);
  });

  it('shows the bytes of what it does not know, and nothing of what is empty', async () => {
    const foreign = { typeUrl: 'example.com/Foreign', value: Uint8Array.of(1, 2, 3) };
    const { out } = await daemon(envelope({ event: foreign }), envelope({ event: undefined })).run(['events']);
    assert.match(out, /\/snapshot\/prepare \{"value":"AQID"\}\n/);
    assert.match(out, /\/snapshot\/prepare \{\}\n$/);
  });

  it('goes on behind a time that no calendar has', async () => {
    const strange = envelope({ timestamp: { seconds: Number.MAX_SAFE_INTEGER, nanos: 0 } });
    const { status, out } = await daemon(strange, envelope()).run(['events']);
    assert.equal(status, 0);
    assert.match(out, /^- default .*\n2026-07-31T/);
  });

  it('escapes what publishers write', async () => {
    const { out } = await daemon(envelope({ topic: '/a\u001b[2J', namespace: 'n\n' })).run(['events']);
    assert.match(out, /^\S+ n\\n \/a\\x1b\[2J /);
  });

  it('ends with 1 for a bad filter', async () => {
    const broken = daemon();
    broken.failures.set('subscribe', new InvalidArgumentError('filter "=": unexpected end'));
    const { status, err } = await broken.run(['events', '=']);
    assert.deepEqual([status, err], [1, 'strata: invalid argument: filter "=": unexpected end\n']);
  });
});
