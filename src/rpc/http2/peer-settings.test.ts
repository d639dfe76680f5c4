import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settings } from './frames.js';
import { PeerSettings } from './peer-settings.js';

function apply(peer: PeerSettings, ...values: readonly (readonly [setting: number, value: number])[]): number {
  const bytes = Buffer.alloc(values.length * 6);
  for (const [index, [setting, value]] of values.entries()) {
    bytes.writeUInt16BE(setting, index * 6);
    bytes.writeUInt32BE(value, index * 6 + 2);
  }
  return peer.apply({ type: 4, flags: 0, stream: 0, bytes, start: 0, end: bytes.length });
}

describe('PeerSettings', () => {
  it('begins with the defaults of HTTP/2', () => {
    const { window, maxFrame, forgetful } = new PeerSettings();
    assert.deepEqual([window, maxFrame, forgetful], [65_535, 16_384, false]);
  });

  it('takes over what the peer asks for, and says by how much windows grow', () => {
    const peer = new PeerSettings();
    const grown = apply(peer, [settings.INITIAL_WINDOW_SIZE, 100], [settings.INITIAL_WINDOW_SIZE, 65_545]);
    assert.deepEqual([grown, peer.window], [10, 65_545]);
    assert.equal(apply(peer, [settings.INITIAL_WINDOW_SIZE, 45], [settings.MAX_FRAME_SIZE, 2 ** 24 - 1]), -65_500);
    assert.equal(peer.maxFrame, 2 ** 24 - 1);
  });

  it('notices a peer that remembers less than usual', () => {
    const peer = new PeerSettings();
    apply(peer, [settings.HEADER_TABLE_SIZE, 4096]);
    assert.equal(peer.forgetful, false);
    apply(peer, [settings.HEADER_TABLE_SIZE, 0]);
    assert.equal(peer.forgetful, true);
  });

  it('ignores settings that it does not know', () => {
    assert.equal(apply(new PeerSettings(), [0x4242, 1], [settings.MAX_CONCURRENT_STREAMS, 0]), 0);
  });

  const refused: Record<string, readonly [code: string, setting: number, value: number]> = {
    'a window that is too large': ['FLOW_CONTROL_ERROR', settings.INITIAL_WINDOW_SIZE, 2 ** 31],
    'a frame that is too small': ['PROTOCOL_ERROR', settings.MAX_FRAME_SIZE, 16_383],
    'a frame that is too large': ['PROTOCOL_ERROR', settings.MAX_FRAME_SIZE, 2 ** 24],
    'a push that is neither on nor off': ['PROTOCOL_ERROR', settings.ENABLE_PUSH, 2],
  };
  for (const [name, [code, setting, value]] of Object.entries(refused)) {
    it(`refuses ${name}`, () => assert.throws(() => apply(new PeerSettings(), [setting, value]), { code }));
  }

  it('refuses half a setting', () => {
    const frame = { type: 4, flags: 0, stream: 0, bytes: Buffer.alloc(7), start: 0, end: 7 };
    assert.throws(() => new PeerSettings().apply(frame), { code: 'FRAME_SIZE_ERROR' });
  });
});

describe('a window', () => {
  it('grows up to the largest that there is', () => {
    assert.equal(PeerSettings.widen(5, 10), 15);
    assert.equal(PeerSettings.shift(5, -10), -5);
    assert.equal(PeerSettings.widen(-5, 2 ** 31 - 1), 2 ** 31 - 6);
    assert.throws(() => PeerSettings.widen(1, 2 ** 31 - 1), { code: 'FLOW_CONTROL_ERROR' });
    assert.throws(() => PeerSettings.widen(1, 0), { code: 'PROTOCOL_ERROR' });
  });
});
