import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chores } from './chores.js';

/** Work that goes on until it is told to end, and tells when it begins and ends. */
function work(name: string, said: string[]) {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const run = async () => {
    said.push(`${name} begins`);
    await ended;
    said.push(`${name} ends`);
  };
  return { run, end };
}

describe('chores', () => {
  it('of one name are done one after the other, however many wait', async () => {
    const chores = new Chores();
    const said: string[] = [];
    const all = ['first', 'second', 'third'].map((name) => work(name, said));
    const runs = all.map(({ run }) => chores.run('one', run));
    for (const { end } of all) {
      end();
      await new Promise(setImmediate);
    }
    await Promise.all(runs);
    assert.deepEqual(
      said,
      ['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]),
    );
  });

  it('go on after one that failed, which its caller is told', async () => {
    const chores = new Chores();
    const failed = chores.run('one', () => Promise.reject(new Error('in vain')));
    let isDone = false;
    const next = chores.run('one', async () => {
      isDone = true;
    });
    await assert.rejects(failed, /in vain/);
    await next;
    assert.ok(isDone);
  });

  it('are waited for with those that were still waiting', async () => {
    const chores = new Chores();
    const said: string[] = [];
    const [first, second] = [work('first', said), work('second', said)];
    const runs = [chores.run('one', first.run), chores.run('one', second.run)];
    const waits = [chores.done('one'), chores.allDone()].map((wait) => wait.then(() => said.push('all done')));
    first.end();
    await new Promise(setImmediate);
    second.end();
    await Promise.all([...runs, ...waits]);
    assert.deepEqual(said.slice(-3), ['second ends', 'all done', 'all done']);
  });
});
