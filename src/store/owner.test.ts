import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FailedPreconditionError } from '../errors/index.js';
import { ownDirectory } from './owner.js';
import { open, temporaryDirectory } from './store.test.rig.js';

const program = fileURLToPath(new URL('./owner.test.child.js', import.meta.url));
const isRoot = process.getuid?.() === 0;

/** A process that will try to own the directory. */
class Rival {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  static start(t: TestContext, directory: string, { apart = false } = {}): Rival {
    const command = [process.execPath, program, directory];
    const [file = '', ...args] = apart ? ['unshare', '--pid', '--fork', '--kill-child', ...command] : command;
    const rival = new Rival(spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
    t.after(() => rival.end('SIGKILL'));
    return rival;
  }

  /** Lets it try, and gives its answer: its process id when it is the owner. */
  async claim(): Promise<string> {
    this.#child.stdin.write('go');
    const { value } = await this.#lines.next();
    return String(value);
  }

  async end(name?: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    if (name === undefined) this.#child.stdin.end();
    else this.#child.kill(name);
    await ended;
  }
}

function inUse(directory: string, by: string): FailedPreconditionError {
  return new FailedPreconditionError(`store ${directory} is in use by process ${by}`);
}

describe('ownDirectory', () => {
  it('lets one in at a time, also of the same process', async (t) => {
    const directory = await temporaryDirectory(t);
    for (let round = 0; round < 3; round++) {
      using _ = ownDirectory(directory);
      // The second attempt must not drop the lock of the first.
      for (let again = 0; again < 2; again++) {
        assert.throws(() => ownDirectory(directory), inUse(directory, `${process.pid}`));
      }
      const rival = Rival.start(t, directory);
      assert.equal(await rival.claim(), inUse(directory, `${process.pid}`).message);
    }
  });

  it('keeps other processes out while the owner lives, and not after it was killed', async (t) => {
    const directory = await temporaryDirectory(t);
    for (const end of ['SIGKILL', undefined] as const) {
      const [owner, late] = [Rival.start(t, directory), Rival.start(t, directory)];
      const pid = await owner.claim();
      assert.match(pid, /^\d+$/);
      assert.equal(await late.claim(), inUse(directory, pid).message);
      assert.throws(() => ownDirectory(directory), inUse(directory, pid));
      await owner.end(end);
      using _ = ownDirectory(directory);
    }
  });

  it('sees an owner in another pid namespace', { skip: !isRoot && 'needs root' }, async (t) => {
    const directory = await temporaryDirectory(t);
    const owner = Rival.start(t, directory, { apart: true });
    const pid = await owner.claim();
    assert.equal(pid, '1');
    assert.throws(() => ownDirectory(directory), inUse(directory, '1'));
    await owner.end();
    using _ = ownDirectory(directory);
  });

  it('lets exactly one in when several processes start at once, with a dead owner or without', async (t) => {
    const directory = await temporaryDirectory(t);
    for (let round = 0; round < 3; round++) {
      const rivals = Array.from({ length: 4 }, () => Rival.start(t, directory));
      const answers = await Promise.all(rivals.map((rival) => rival.claim()));
      assert.equal(answers.filter((answer) => /^\d+$/.test(answer)).length, 1, answers.join('\n'));
      await Promise.all(rivals.map((rival) => rival.end('SIGKILL')));
    }
  });
});

describe('openStore', () => {
  it('is refused while the store is open, and leaves the open one alone', async (t) => {
    const directory = await temporaryDirectory(t);
    await using store = await open(directory);
    await assert.rejects(open(directory), /is in use by process \d+: failed precondition$/);
    assert.equal(await store.write(() => 1), 1);
  });
});
