import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChangeBuffer, readChanges, recordHeadBytes } from './change-buffer.js';
import {
  blockBytes,
  blocksFor,
  decodeHead,
  encodeHead,
  type LogHead,
  metaBytes,
  openRecord,
  saltBytes,
  sealRecord,
} from './log-format.js';

const head: LogHead = {
  generation: 7,
  state: 'open',
  blocks: 512,
  block: 2 ** 40,
  sequence: 2 ** 33,
  salt: Buffer.alloc(saltBytes, 1),
  meta: Buffer.alloc(metaBytes, 2),
};

describe('a head of the log', () => {
  it('is what was written', () => {
    assert.equal(encodeHead(head).length, blockBytes);
    assert.deepEqual(decodeHead(encodeHead(head)), head);
    assert.deepEqual(decodeHead(encodeHead({ ...head, state: 'closed' })), { ...head, state: 'closed' });
  });

  it('is none when any bit of it is another, or it is short', () => {
    for (const at of [0, 20, 24, 32, 48, 64, 1000, blockBytes - 1]) {
      const bytes = encodeHead(head);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      assert.equal(decodeHead(bytes), undefined, `${at}`);
    }
    assert.equal(decodeHead(encodeHead(head).subarray(1)), undefined);
    assert.equal(decodeHead(Buffer.alloc(blockBytes)), undefined);
  });
});

const key = Buffer.from('key');
const value = Buffer.from('value');

describe('a record of the log', () => {
  function record(): Buffer {
    const changes = new ChangeBuffer();
    changes.put('tablé', key, value);
    const mark = changes.mark;
    changes.put('undone', key, value);
    changes.rewind(mark);
    changes.remove('other', key);
    const bytes = changes.padded(blockBytes);
    sealRecord(changes.bytes, 5, head.salt);
    return bytes;
  }

  it('holds the changes that were not undone', () => {
    const bytes = record();
    assert.equal(bytes.length, blockBytes * blocksFor(100));
    assert.deepEqual(
      [...readChanges(openRecord(bytes, 5, head.salt) ?? Buffer.alloc(0))],
      [
        { table: 'tablé', key, value },
        { table: 'other', key, value: undefined },
      ],
    );
  });

  it('is none with another number, another salt, another bit, or a part of it', () => {
    assert.equal(openRecord(record(), 6, head.salt), undefined);
    assert.equal(openRecord(record(), 5, Buffer.alloc(saltBytes)), undefined);
    for (const at of [0, 33, 41, 50, recordHeadBytes, recordHeadBytes + 30]) {
      const bytes = record();
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      assert.equal(openRecord(bytes, 5, head.salt), undefined, `${at}`);
    }
    for (const length of [0, 10, recordHeadBytes, recordHeadBytes + 20]) {
      assert.equal(openRecord(record().subarray(0, length), 5, head.salt), undefined, `${length}`);
    }
  });

  it('is refused when it says what no change is', () => {
    const bytes = Buffer.from(openRecord(record(), 5, head.salt) ?? []);
    assert.throws(() => [...readChanges(bytes.subarray(0, -1))], RangeError);
    bytes[0] = 9;
    assert.throws(() => [...readChanges(bytes)], new RangeError('The log holds a change of kind 9'));
  });

  it('may be larger than the buffer was', () => {
    const changes = new ChangeBuffer();
    const large = Buffer.alloc(3_000_000, 4);
    for (let round = 0; round < 2; round++) {
      changes.reset();
      assert.ok(changes.empty);
      changes.put('t', key, large);
      assert.deepEqual([...readChanges(changes.bytes.subarray(recordHeadBytes))], [{ table: 't', key, value: large }]);
    }
  });
});
