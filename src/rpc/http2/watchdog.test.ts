import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Watchdog } from './watchdog.js';

function watching(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const seen = { begun: false, asked: 0, ended: 0 };
  const watched = { begun: () => seen.begun, ask: () => void seen.asked++, end: () => void seen.ended++ };
  const watchdog = new Watchdog(watched, { keepaliveMs: 1000, prefaceMs: 300 });
  t.after(() => watchdog[Symbol.dispose]());
  return { seen, watchdog, tick: (milliseconds: number) => t.mock.timers.tick(milliseconds) };
}

describe('Watchdog', () => {
  it('ends a peer that does not begin', (t) => {
    const { seen, tick } = watching(t);
    tick(299);
    assert.equal(seen.ended, 0);
    tick(1);
    assert.equal(seen.ended, 1);
  });

  it('asks a silent peer for a sign of life, and ends one that gives none', (t) => {
    const { seen, watchdog, tick } = watching(t);
    seen.begun = true;
    tick(1000);
    assert.deepEqual([seen.asked, seen.ended], [1, 0]);
    watchdog.heard = true;
    tick(1000);
    assert.deepEqual([seen.asked, seen.ended], [2, 0]);
    tick(1000);
    assert.deepEqual([seen.asked, seen.ended], [2, 1]);
  });

  it('watches no more once it is disposed of', (t) => {
    const { seen, watchdog, tick } = watching(t);
    watchdog[Symbol.dispose]();
    tick(10_000);
    assert.deepEqual([seen.asked, seen.ended], [0, 0]);
  });
});
