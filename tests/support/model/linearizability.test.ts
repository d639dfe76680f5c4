import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explain, type HistoryCall, HistoryRecorder, type SequentialModel } from './linearizability.js';

type Register = { readonly write: number } | 'read';

/** One number that can be written and read. */
const register: SequentialModel<number, Register, number> = {
  initial: 0,
  next: (state, operation, outcome) => {
    if (operation !== 'read') return operation.write;
    return outcome === state ? state : undefined;
  },
  keyOf: String,
};

/** A call with its interval, as it is drawn on paper. */
function call(operation: Register, outcome: number | undefined, [began, ended]: [number, number]) {
  return { operation, outcome, began, ended } satisfies HistoryCall<Register, number>;
}

describe('explaining a history', () => {
  it('finds the order of calls that overlap', () => {
    const history = [call({ write: 1 }, 0, [1, 6]), call('read', 0, [2, 3]), call('read', 1, [4, 5])];
    assert.deepEqual(
      explain(history, register)?.map(({ began }) => began),
      [2, 1, 4],
    );
  });

  it('finds none when a later read goes back in time', () => {
    const history = [call({ write: 1 }, 0, [1, 6]), call('read', 1, [2, 3]), call('read', 0, [4, 5])];
    assert.equal(explain(history, register), undefined);
  });

  it('finds none when a read misses a write that had ended before it began', () => {
    assert.equal(explain([call({ write: 1 }, 0, [1, 2]), call('read', 0, [3, 4])], register), undefined);
  });

  it('finds none when two readers see two writes in different orders', () => {
    const history = [
      call({ write: 1 }, 0, [1, 20]),
      call({ write: 2 }, 0, [2, 21]),
      call('read', 1, [3, 4]),
      call('read', 2, [5, 6]),
      call('read', 1, [7, 8]),
    ];
    assert.equal(explain(history, register), undefined);
  });

  it('lets a call without an answer have happened, or not', () => {
    const lost = call({ write: 1 }, undefined, [1, Number.POSITIVE_INFINITY]);
    for (const seen of [0, 1]) assert.notEqual(explain([lost, call('read', seen, [2, 3])], register), undefined);
    assert.equal(explain([lost, call('read', 2, [2, 3])], register), undefined);
    assert.equal(explain([lost, call('read', 1, [2, 3]), call('read', 0, [4, 5])], register), undefined);
  });

  it('gets along with many calls at once, since it never goes the same way twice', () => {
    const writes = Array.from({ length: 14 }, (_, index) => call({ write: 1 }, 0, [index, 100 + index]));
    assert.equal(explain([...writes, call('read', 2, [200, 201])], register), undefined);
  });

  it('records calls as they overlap', async () => {
    const recorder = new HistoryRecorder<Register, number>();
    let release: (value: number) => void = () => {};
    const slow = recorder.record(
      'read',
      () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    );
    await recorder.record({ write: 1 }, async () => 0);
    release(1);
    await slow;
    assert.deepEqual(
      recorder.calls.map(({ began, ended }) => [began, ended]),
      [
        [2, 3],
        [1, 4],
      ],
    );
  });
});
