import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FailedPreconditionError } from '../../errors/index.js';
import { claimDirectory } from './claim.js';
import { openLmdbStore } from './open.js';

const program = fileURLToPath(new URL('./claim.test.child.js', import.meta.url));

async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-claim-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A process that will try to own the directory. */
class Rival {
  readonly pid: number;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.pid = child.pid ?? assert.fail('not started');
  }

  static async start(t: TestContext, directory: string): Promise<Rival> {
    const rival = new Rival(spawn(process.execPath, [program, directory], { stdio: ['pipe', 'pipe', 'inherit'] }));
    t.after(() => rival.end('SIGKILL'));
    assert.equal(await rival.#line(), 'ready');
    return rival;
  }

  async #line(): Promise<string> {
    const { value } = await this.#lines.next();
    return String(value);
  }

  /** Lets it try, and gives its answer. */
  async claim(): Promise<string> {
    this.#child.stdin.write('go');
    return await this.#line();
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
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
  return new FailedPreconditionError(`store ${directory} is in use by ${by}`);
}

describe('claimDirectory', () => {
  it('lets one in at a time, also of the same process', async (t) => {
    const directory = await temporaryDirectory(t);
    for (let round = 0; round < 3; round++) {
      const claim = await claimDirectory(directory);
      await assert.rejects(claimDirectory(directory), inUse(directory, `process ${process.pid}`));
      await claim[Symbol.asyncDispose]();
    }
    assert.deepEqual(await readdir(directory), ['owner.3']);
  });

  it('keeps other processes out while the owner lives, and not after it was killed', async (t) => {
    const directory = await temporaryDirectory(t);
    for (const end of ['SIGKILL', undefined] as const) {
      const [owner, late] = [await Rival.start(t, directory), await Rival.start(t, directory)];
      assert.equal(await owner.claim(), 'owner');
      const refused = inUse(directory, `process ${owner.pid}`);
      assert.equal(await late.claim(), refused.message);
      await assert.rejects(claimDirectory(directory), refused);
      await owner.end(end);
      const claim = await claimDirectory(directory);
      await claim[Symbol.asyncDispose]();
    }
  });

  it('takes an owner that does not answer for alive', async (t) => {
    const directory = await temporaryDirectory(t);
    const owner = await Rival.start(t, directory);
    assert.equal(await owner.claim(), 'owner');
    owner.signal('SIGSTOP');
    await assert.rejects(claimDirectory(directory), inUse(directory, 'another process'));
    owner.signal('SIGCONT');
    await assert.rejects(claimDirectory(directory), inUse(directory, `process ${owner.pid}`));
  });

  it('lets exactly one in when several processes start at once, with a dead owner or without', async (t) => {
    const directory = await temporaryDirectory(t);
    for (let round = 0; round < 3; round++) {
      const rivals = await Promise.all(Array.from({ length: 4 }, () => Rival.start(t, directory)));
      const answers = await Promise.all(rivals.map((rival) => rival.claim()));
      assert.equal(answers.filter((answer) => answer === 'owner').length, 1, answers.join('\n'));
      await Promise.all(rivals.map((rival) => rival.end('SIGKILL')));
    }
  });

  it('lets exactly one in of many in one process', async (t) => {
    const directory = await temporaryDirectory(t);
    for (let round = 0; round < 20; round++) {
      const results = await Promise.allSettled(Array.from({ length: 10 }, () => claimDirectory(directory)));
      const claims = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      assert.equal(claims.length, 1);
      for (const claim of claims) await claim[Symbol.asyncDispose]();
    }
    assert.deepEqual(await readdir(directory), ['owner.20']);
  });

  it('never lets two in, however owners come and go', async (t) => {
    const directory = await temporaryDirectory(t);
    let owners = 0;
    const comeAndGo = async () => {
      for (let round = 0; round < 60; round++) {
        const claim = await claimDirectory(directory).catch(() => undefined);
        if (claim === undefined) continue;
        owners++;
        assert.equal(owners, 1);
        await new Promise(setImmediate);
        owners--;
        await claim[Symbol.asyncDispose]();
      }
    };
    await Promise.all(Array.from({ length: 8 }, comeAndGo));
  });

  it('works where paths are too long for sockets, and clears what dead owners left', async (t) => {
    const directory = path.join(await temporaryDirectory(t), 'x'.repeat(150));
    await mkdir(directory);
    for (const name of ['owner.1', 'owner.7', 'owner.x']) await writeFile(path.join(directory, name), '');
    const claim = await claimDirectory(directory);
    t.after(() => claim[Symbol.asyncDispose]());
    await assert.rejects(claimDirectory(directory), inUse(directory, `process ${process.pid}`));
    assert.deepEqual((await readdir(directory)).toSorted(), ['owner.8', 'owner.x']);
  });
});

describe('openLmdbStore', () => {
  it('is refused while the store is open, and leaves the open one alone', async (t) => {
    const directory = await temporaryDirectory(t);
    await using store = await openLmdbStore({ path: directory, tables: [] });
    await assert.rejects(openLmdbStore({ path: directory, tables: [] }), inUse(directory, `process ${process.pid}`));
    assert.equal(await store.write(() => 1), 1);
  });
});
