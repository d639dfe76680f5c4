import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MicrosecondClock, microsecondsOf, nowMicroseconds, PreciseDate } from './time.js';

describe('PreciseDate', () => {
  it('is a date that keeps microseconds', () => {
    const date = new PreciseDate(1_234_567_890_123_456);
    assert.equal(date.microseconds, 1_234_567_890_123_456);
    assert.equal(date.toISOString(), '2009-02-13T23:31:30.123Z');
    assert.equal(microsecondsOf(date), date.microseconds);
    assert.equal(microsecondsOf(new Date(5)), 5_000);
    assert.equal(new PreciseDate(-1).getTime(), -1);
  });
});

describe('MicrosecondClock', () => {
  /** Two clocks that a test moves: the day's in whole milliseconds, the fine one from somewhere else. */
  function clocks() {
    const at = { day: 1_000, fine: 7, tick: 0.25 };
    const day = () => Math.floor(at.day);
    const fine = () => {
      at.fine += at.tick;
      at.day += at.tick;
      return at.fine;
    };
    return { at, clock: new MicrosecondClock(day, fine) };
  }

  it('stays within the millisecond of the day', () => {
    const { at, clock } = clocks();
    for (let n = 0; n < 50; n++) {
      const before = Math.floor(at.day);
      const now = clock.now();
      assert.ok(now >= before * 1000 && now < (before + 1) * 1000, `${now} is not in ${before}`);
    }
  });

  it('follows when the clock of the day is set, forward and back', () => {
    const { at, clock } = clocks();
    for (const jump of [3_600_000, -7_200_000, 0.4, -0.4]) {
      at.day += jump;
      const now = clock.now();
      assert.ok(Math.abs(now / 1000 - at.day) <= 1, `${now} is far from ${at.day}`);
    }
  });

  it('never lies before a time that was taken earlier with the clock of the day', () => {
    for (let n = 0; n < 1_000; n++) {
      const before = Date.now();
      const now = nowMicroseconds();
      assert.ok(now >= before * 1000);
      assert.ok(now < (Date.now() + 1) * 1000);
    }
  });
});
