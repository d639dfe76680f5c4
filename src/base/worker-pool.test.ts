import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { poolLoads, WorkerEndedError, WorkerPool, type WorkerPoolOptions } from './worker-pool.js';
import type { TestJob } from './worker-pool.test.worker.js';

function poolOf(options: Partial<WorkerPoolOptions> = {}): WorkerPool<TestJob, string> {
  const start: WorkerPoolOptions['start'] = (given) =>
    new Worker(new URL('./worker-pool.test.worker.js', import.meta.url), given);
  return new WorkerPool({ start, name: 'strata-test', threads: 2, ...options });
}

/** A job that waits, and what lets it go on. */
function waiting() {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const open = () => {
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
  };
  return { job: { what: 'wait', gate } satisfies TestJob, open };
}

const echo = (value: string): TestJob => ({ what: 'echo', value });

describe('WorkerPool', () => {
  it('gives what the job gives, or its error with its code', async () => {
    const pool = poolOf();
    assert.equal(await pool.run(echo('text')), 'text');
    await assert.rejects(pool.run({ what: 'fail' }), { message: 'EIO: it broke', code: 'EIO' });
    assert.equal(await pool.run(echo('after')), 'after');
  });

  it('does as many jobs at a time as it has threads, and the others in their order', async () => {
    const pool = poolOf();
    const [first, second] = [waiting(), waiting()];
    const ended: string[] = [];
    const held = [pool.run(first.job), pool.run(second.job)];
    const later = ['a', 'b', 'c'].map((value) => pool.run(echo(value)).then((said) => ended.push(said)));
    const load = poolLoads().find(({ name, running }) => name === 'strata-test' && running > 0);
    assert.deepEqual(load, { name: 'strata-test', running: 2, waiting: 3 });
    first.open();
    await Promise.all(later);
    assert.deepEqual(ended, ['a', 'b', 'c']);
    second.open();
    assert.deepEqual(await Promise.all(held), ['went on', 'went on']);
  });

  it('leaves a thread to others, however many jobs are in the background', async () => {
    const pool = poolOf();
    const jobs = [waiting(), waiting(), waiting()];
    const background = jobs.map(({ job }) => pool.run(job, { background: true }));
    assert.equal(await pool.run(echo('urgent')), 'urgent');
    for (const { open } of jobs) open();
    await Promise.all(background);
  });

  it('rejects with the reason of the signal, when the thread has let go of the job', async () => {
    const pool = poolOf({ threads: 1 });
    const [running, never] = [new AbortController(), new AbortController()];
    const { job } = waiting();
    const first = pool.run(job, { signal: running.signal });
    const second = pool.run(job, { signal: never.signal });
    never.abort('not begun');
    await assert.rejects(second, (reason) => reason === 'not begun');
    running.abort('given up');
    await assert.rejects(first, (reason) => reason === 'given up');
    await assert.rejects(pool.run(job, { signal: AbortSignal.abort('before') }), (reason) => reason === 'before');
    assert.equal(await pool.run(echo('free')), 'free');
  });

  it('tells of a thread that ends, and starts another', async () => {
    const pool = poolOf({ threads: 1 });
    await assert.rejects(pool.run({ what: 'end' }), WorkerEndedError);
    assert.equal(await pool.run(echo('new')), 'new');
  });
});
