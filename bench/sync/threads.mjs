// Threads that synchronise, each one thing after the other.
import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';

/**
 * What a thread is asked for: each file synchronised by itself, begun to be written, or the whole file system.
 * @typedef {{ readonly what: 'fsync' | 'start', readonly paths: readonly string[] } | { readonly what: 'syncfs' }} Task
 */

/** At once, as many as Strata has at most. */
const count = 8;

/** See the head of this file. */
export class Threads {
  /** @param {readonly Worker[]} workers */
  constructor(workers) {
    this.workers = workers;
    this.next = 0;
  }

  /** @param {string} directory On the file system that is synchronised. */
  static async start(directory) {
    const workers = Array.from({ length: count }, () => {
      return new Worker(new URL('./thread.mjs', import.meta.url), { workerData: { directory } });
    });
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    return new Threads(workers);
  }

  /** Has the next thread do something. @param {Task} task */
  async run(task) {
    const worker = this.workers[this.next++ % count];
    if (worker === undefined) throw new Error('there are no threads');
    await new Promise((resolve, reject) => {
      const { port1, port2 } = new MessageChannel();
      port1.once('message', (problem) => {
        port1.close();
        if (problem === undefined) resolve(undefined);
        else reject(new Error(problem));
      });
      worker.postMessage({ task, port: port2 }, [port2]);
    });
  }

  /** Has all of them work on files. @param {'fsync' | 'start'} what @param {readonly string[]} paths */
  async share(what, paths) {
    const shares = this.workers.map((_, index) => paths.filter((__, n) => n % count === index));
    await Promise.all(shares.filter(({ length }) => length > 0).map((share) => this.run({ what, paths: share })));
  }

  /** Puts the whole file system on disk. */
  syncAll() {
    return this.run({ what: 'syncfs' });
  }

  /** Ends them. */
  async end() {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
