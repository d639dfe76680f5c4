import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { frameTypes, settings } from './frames.js';
import { connectionWindow, initialFrames, ReceiveWindow } from './windows.js';

describe('ReceiveWindow', () => {
  it('is widened when half of it is used, to its full size', () => {
    const window = new ReceiveWindow(100);
    assert.equal(window.take(49), 0);
    assert.equal(window.take(1), 50);
    assert.equal(window.take(100), 100);
  });

  it('is not overdrawn', () => {
    const window = new ReceiveWindow(100);
    assert.equal(window.take(40), 0);
    assert.throws(() => window.take(61), { code: 'FLOW_CONTROL_ERROR' });
  });
});

describe('initialFrames', () => {
  it('says what the server takes', () => {
    const [first, second] = initialFrames({
      streams: 7,
      headerBytes: 1000,
      heldHeaderBytes: 1,
      bodyBytes: 1,
      bufferedBytes: 1,
      answerBytes: 1,
      streamWindow: 5000,
      keepaliveMs: 1,
      prefaceMs: 1,
    });
    const said = new Map<number, number>();
    for (let at = 0; at < (first?.payload.length ?? 0); at += 6) {
      said.set(first?.payload.readUInt16BE(at) ?? 0, first?.payload.readUInt32BE(at + 2) ?? 0);
    }
    assert.equal(first?.frame.type, frameTypes.SETTINGS);
    assert.equal(said.get(settings.MAX_CONCURRENT_STREAMS), 7);
    assert.equal(said.get(settings.INITIAL_WINDOW_SIZE), 5000);
    assert.equal(said.get(settings.MAX_HEADER_LIST_SIZE), 1000);
    assert.deepEqual([second?.frame.type, second?.frame.stream], [frameTypes.WINDOW_UPDATE, 0]);
    assert.equal(second?.payload.readUInt32BE(0), connectionWindow - 65_535);
  });
});
