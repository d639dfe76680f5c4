import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClosedStreams } from './closed-streams.js';

describe('ClosedStreams', () => {
  it('remembers the latest streams and how each ended', () => {
    const closed = new ClosedStreams();
    for (let stream = 1; stream < 2001; stream += 2) closed.add(stream, stream % 4 === 1 ? 'complete' : 'cut');
    assert.equal(closed.get(1999), 'cut');
    assert.equal(closed.get(1997), 'complete');
    assert.equal(closed.get(2001 - 2 * 256), 'complete');
    assert.equal(closed.get(1999 - 2 * 256), undefined);
    assert.equal(closed.get(2001), undefined);
  });

  it('takes the last word about a stream', () => {
    const closed = new ClosedStreams();
    closed.add(7, 'cut');
    closed.add(7, 'complete');
    assert.equal(closed.get(7), 'complete');
  });

  it('knows nothing at first', () => {
    assert.equal(new ClosedStreams().get(1), undefined);
  });
});
