import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { decodeMessage, encodeMessage } from './codec.js';
import { Info, Kind, ListSnapshotsResponse, StatSnapshotRequest, UsageResponse } from './generated/snapshots.js';
import { Envelope, Mount } from './generated/types.js';

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 300 }));
const timestamp = fc.option(
  fc.record(
    {
      seconds: fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }),
      nanos: fc.integer({ min: 0, max: 999_999_999 }),
    },
    { noNullPrototype: true },
  ),
  { nil: undefined },
);
const info = fc.record(
  {
    name: text,
    parent: text,
    kind: fc.constantFrom(...Object.values(Kind)),
    createdAt: timestamp,
    updatedAt: timestamp,
    labels: fc.array(fc.tuple(text, text)).map((entries) => new Map(entries)),
  },
  { noNullPrototype: true },
);

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

describe('encodeMessage', () => {
  it('writes the same bytes as a new writer, and they read back as the message', () => {
    fc.assert(
      fc.property(fc.array(info, { maxLength: 5 }), (infos) => {
        const message = { info: infos };
        const encoded = encodeMessage(ListSnapshotsResponse, message);
        assert.deepEqual(encoded, Buffer.from(ListSnapshotsResponse.encode(message, new BinaryWriter()).finish()));
        assert.deepEqual(decodeMessage(ListSnapshotsResponse, encoded), message);
      }),
    );
  });

  it("writes the field numbers of containerd's API", () => {
    const envelope = {
      timestamp: { seconds: 1, nanos: 2 },
      namespace: 'n',
      topic: '/t',
      event: { typeUrl: 'u', value: new Uint8Array([7]) },
    };
    assert.deepEqual(
      encodeMessage(Envelope, envelope),
      bytes('0a 04 0801 1002  12 01 6e  1a 02 2f74  22 06 0a0175 120107'),
    );
    const mount = { type: 't', source: 's', target: '', options: ['ro', 'x'] };
    assert.deepEqual(encodeMessage(Mount, mount), bytes('0a0174 120173 2202726f 220178'));
  });

  it('gives bytes that later messages leave alone', () => {
    const first = encodeMessage(StatSnapshotRequest, { snapshotter: 'overlayfs', key: 'a' });
    const copy = Buffer.from(first);
    encodeMessage(StatSnapshotRequest, { snapshotter: 'something else', key: 'b' });
    assert.deepEqual(first, copy);
  });

  it('works on after a message that cannot be written', () => {
    const good = { size: 1, inodes: 2 };
    const before = encodeMessage(UsageResponse, good);
    assert.throws(() => encodeMessage(UsageResponse, { size: 5, inodes: 0.5 }));
    assert.deepEqual(encodeMessage(UsageResponse, good), before);
  });

  it('works on after a message larger than what it keeps', () => {
    const large = { snapshotter: 's', key: 'k'.repeat(1_000_000) };
    assert.equal(encodeMessage(StatSnapshotRequest, large).length, 1_000_007);
    assert.deepEqual(decodeMessage(StatSnapshotRequest, encodeMessage(StatSnapshotRequest, large)), large);
    assert.deepEqual(encodeMessage(StatSnapshotRequest, { snapshotter: '', key: 'k' }), bytes('12 01 6b'));
  });
});

describe('decodeMessage', () => {
  const malformed: Record<string, string> = {
    'a length beyond the end': '0a 05 6162',
    'an unfinished number': '0a',
    'a zero tag': '00 0a 01 61',
    'a closing group': '0c 0a 01 61',
    'an unknown field that is cut off': '9a 01 0a 61',
    'text that is not UTF-8': '0a 01 ff',
    'long text that is not UTF-8': `0a 28 ${'61'.repeat(39)}c3`,
  };
  for (const [name, hex] of Object.entries(malformed)) {
    it(`refuses ${name}`, () => {
      assert.throws(() => decodeMessage(StatSnapshotRequest, bytes(hex)));
    });
  }

  it('ignores fields it does not know', () => {
    assert.deepEqual(decodeMessage(StatSnapshotRequest, bytes('0a0161 a20601ff 120162 f8 07 01')), {
      snapshotter: 'a',
      key: 'b',
    });
  });

  it('refuses an inner message that reaches beyond the outer one', () => {
    assert.throws(() => decodeMessage(ListSnapshotsResponse, bytes('0a 05 0a 04 6162')));
  });

  it('keeps labels whose names mean something to JavaScript', () => {
    const labels = new Map([
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ]);
    const message = { name: 'n', parent: '', kind: Kind.ACTIVE, createdAt: undefined, updatedAt: undefined, labels };
    assert.deepEqual(decodeMessage(Info, encodeMessage(Info, message)), message);
  });

  it('keeps a leading byte order mark, which is text', () => {
    const message = { snapshotter: '', key: '\u{feff}k' };
    assert.deepEqual(decodeMessage(StatSnapshotRequest, encodeMessage(StatSnapshotRequest, message)), message);
  });

  it('never takes arbitrary bytes for more than an error or a message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        try {
          decodeMessage(ListSnapshotsResponse, garbage);
        } catch (thrown) {
          assert.ok(thrown instanceof Error);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
