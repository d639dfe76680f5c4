import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Steps } from './copy-file.js';
import { type CopyMessage, type CopyReply, CopyTurns } from './copy-turns.js';

interface Turns {
  readonly turns: CopyTurns;
  readonly replies: CopyReply[];
  /** Adds copies, and gives what stops them. */
  readonly add: (...ids: readonly number[]) => CopyMessage['stop'];
}

/** Copies whose work is given, by id. */
function turnsOf(work: (id: number) => Steps): Turns {
  const replies: CopyReply[] = [];
  const turns = new CopyTurns(({ id }) => work(id));
  const input = { what: 'tree', from: '', to: '' } as const;
  const add = (...ids: readonly number[]) => {
    const stop = new Int32Array(new SharedArrayBuffer(4));
    for (const id of ids) turns.add({ id, input, stop }, (reply) => void replies.push(reply));
    return stop;
  };
  return { turns, replies, add };
}

function* forever(): Steps {
  for (;;) yield;
}

function* steps(count: number): Steps {
  for (let n = 0; n < count; n++) yield;
}

const repliedIds = (replies: readonly CopyReply[]): number[] => replies.map(({ id }) => id).sort((a, b) => a - b);

describe('CopyTurns', () => {
  it('ends two hundred small copies while large ones go on', () => {
    const { turns, replies, add } = turnsOf((id) => (id < 10 ? forever() : steps(3)));
    const large = Array.from({ length: 10 }, (_, n) => n);
    const small = Array.from({ length: 200 }, (_, n) => 10 + n);
    const stop = add(...large);
    turns.round();
    add(...small);
    for (let round = 0; round < 4; round++) assert.ok(turns.round());
    assert.deepEqual(repliedIds(replies), small);
    Atomics.store(stop, 0, 1);
    assert.equal(turns.round(), false);
    assert.deepEqual(repliedIds(replies), [...large, ...small]);
  });

  it('answers what is stopped before its turn comes, and never begins it', () => {
    const begun: number[] = [];
    const { turns, replies, add } = turnsOf((id) => {
      begun.push(id);
      return forever();
    });
    const stop = add(...Array.from({ length: 64 }, (_, n) => n));
    turns.round();
    const stopWaiting = add(64);
    turns.round();
    Atomics.store(stopWaiting, 0, 1);
    turns.round();
    assert.deepEqual(repliedIds(replies), [64]);
    assert.ok(!begun.includes(64));
    Atomics.store(stop, 0, 1);
    assert.equal(turns.round(), false);
  });

  it('lets what is stopped close its files', () => {
    let closed = false;
    const { turns, add } = turnsOf(function* () {
      try {
        yield* forever();
      } finally {
        closed = true;
      }
    });
    const stop = add(1);
    turns.round();
    Atomics.store(stop, 0, 1);
    assert.equal(turns.round(), false);
    assert.ok(closed);
  });

  it('reports the failure of one and goes on with the others', () => {
    const { turns, replies, add } = turnsOf((id) => (id === 1 ? failing() : steps(1)));
    add(1, 2);
    while (turns.round());
    assert.deepEqual(
      replies.map((reply) => [reply.id, 'error' in reply ? reply.error.message : undefined]),
      [
        [1, 'broken'],
        [2, undefined],
      ],
    );
  });
});

function* failing(): Steps {
  yield;
  throw new Error('broken');
}
