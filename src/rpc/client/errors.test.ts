import assert from 'node:assert/strict';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { deferred } from '../../../tests/support/deferred.js';
import { fakeSnapshotter, serveSnapshotters, type TemporaryServer } from '../../../tests/support/grpc-server.js';
import {
  CanceledError,
  type ErrorCode,
  errorClasses,
  InternalError,
  InvalidArgumentError,
  NotFoundError,
  ResourceExhaustedError,
  StrataError,
  UnavailableError,
  UnknownError,
} from '../../errors/index.js';
import type { Snapshotter } from '../../snapshots/index.js';
import { connect } from './index.js';

/** A server whose snapshotter throws something at every Stat and in the middle of every List. */
function serveThrowing(thrown: unknown): Promise<TemporaryServer> {
  return serveSnapshotters({
    overlayfs: fakeSnapshotter({
      stat: async () => {
        throw thrown;
      },
      walk: async function* () {
        const times = { created: new Date(), updated: new Date() };
        for (let n = 0; n < 150; n++) yield { name: `k${n}`, parent: '', kind: 'active', labels: new Map(), ...times };
        throw thrown;
      },
    }),
  });
}

async function errorOf(promise: Promise<unknown>): Promise<StrataError> {
  const thrown: unknown = await promise.then(
    () => assert.fail('it did not throw'),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof StrataError, String(thrown));
  return thrown;
}

async function directory(t: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'strata-client-'));
  t.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function drain(snapshotter: Snapshotter): Promise<number> {
  let count = 0;
  try {
    for await (const _ of snapshotter.walk()) count++;
  } catch (error) {
    throw Object.assign(error as Error, { count });
  }
  return count;
}

describe('errors over gRPC', () => {
  for (const code of Object.keys(errorClasses) as ErrorCode[]) {
    it(`keeps ${code}, in unary calls and in streams`, async () => {
      const thrown = new errorClasses[code]('what happened: to whom', { cause: new Error('secret') });
      await using served = await serveThrowing(thrown);
      const snapshotter = served.connect().snapshotter();
      for (const error of [await errorOf(snapshotter.stat('k')), await errorOf(drain(snapshotter))]) {
        assert.ok(error instanceof errorClasses[code]);
        assert.equal(error.message, thrown.message);
        assert.equal(error.context, thrown.context);
      }
    });
  }

  it('gives what a stream sent before its error', async () => {
    await using served = await serveThrowing(new NotFoundError('gone'));
    const error = await errorOf(drain(served.connect().snapshotter()));
    assert.equal((error as StrataError & { count?: number }).count, 100);
  });

  const texts: Record<string, string> = {
    'a per cent sign': '100% %d %s %41 %zz %',
    'a line break': 'one\ntwo\r\nthree\tfour',
    'reserved characters': '#;,/?:@&=+$ %23 %2F',
    'other scripts': 'große Schicht 層 🧱',
    'a trailing class text of its own': 'x: not found',
    'control characters': '\u0000\u0001\u007f\u0085',
    nothing: '',
  };
  for (const [name, text] of Object.entries(texts)) {
    it(`carries a text with ${name}`, async () => {
      const thrown = new NotFoundError(text);
      await using served = await serveThrowing(thrown);
      assert.equal((await errorOf(served.connect().snapshotter().stat('k'))).message, thrown.message);
    });
  }

  it('replaces half a surrogate pair, which cannot be sent', async () => {
    await using served = await serveThrowing(new NotFoundError('a\ud800b'));
    assert.equal((await errorOf(served.connect().snapshotter().stat('k'))).message, 'a\ufffdb: not found');
  });

  for (const letter of ['k', '層']) {
    it(`cuts a very long text of ${letter} in the middle and keeps the class`, async () => {
      await using served = await serveThrowing(new NotFoundError(`start ${letter.repeat(100_000)} end`));
      const error = await errorOf(served.connect().snapshotter().stat('k'));
      assert.ok(error instanceof NotFoundError);
      assert.match(error.message, /^start .* \[\.\.\.\] .* end: not found$/);
      assert.ok(Buffer.byteLength(error.message) < 17_000);
    });
  }

  it('sends a foreign error as Unknown with its text, and logs it with its cause', async () => {
    const thrown = new TypeError('x is not a function', { cause: 'a slip' });
    await using served = await serveThrowing(thrown);
    const error = await errorOf(served.connect().snapshotter().stat('k'));
    assert.ok(error instanceof UnknownError);
    assert.deepEqual(error.cause, { code: 2, message: 'x is not a function' });
    const method = '/containerd.services.snapshots.v1.Snapshots/Stat';
    const message = `${method} failed: x is not a function`;
    assert.deepEqual(served.logged, [{ level: 'error', details: { err: thrown, method }, message }]);
  });

  it('logs errors that tell of a defect, and no others', async () => {
    for (const [thrown, logged] of [
      [new InternalError('broken'), 1],
      [new NotFoundError('k'), 0],
    ] as const) {
      await using served = await serveThrowing(thrown);
      await errorOf(served.connect().snapshotter().stat('k'));
      assert.equal(served.logged.length, logged);
    }
  });

  it("gives the operating system's errors their class", async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    await using served = await serveThrowing(full);
    assert.ok((await errorOf(served.connect().snapshotter().stat('k'))) instanceof ResourceExhaustedError);
  });

  it('refuses a request of more than 16 MiB with ResourceExhausted, and goes on', async () => {
    await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ remove: async () => {} }) });
    const snapshotter = served.connect().snapshotter();
    const error = await errorOf(snapshotter.remove('k'.repeat(20 * 1024 * 1024)));
    assert.ok(error instanceof ResourceExhaustedError);
    await snapshotter.remove('k'.repeat(15 * 1024 * 1024));
  });

  it('refuses an answer of more than 16 MiB with ResourceExhausted, and goes on', async () => {
    const options = ['x'.repeat(20 * 1024 * 1024)];
    const mounts = async () => [{ type: 't', source: 's', target: '', options }];
    await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ mounts, remove: async () => {} }) });
    const snapshotter = served.connect().snapshotter();
    assert.ok((await errorOf(snapshotter.mounts('k'))) instanceof ResourceExhaustedError);
    await snapshotter.remove('k');
  });
});

describe('connect', () => {
  for (const address of ['', 'run/x.sock', 'tcp://localhost:1', `/${'x'.repeat(107)}`]) {
    it(`refuses the address ${JSON.stringify(address.slice(0, 20))}`, () => {
      assert.throws(() => connect({ address }), InvalidArgumentError);
    });
  }

  it('reaches a socket whose name means something in a URL', async (t) => {
    const socket = path.join(await directory(t), 'a b?c#d%20:1.sock');
    await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ remove: async () => {} }) });
    await served.server.listen(`unix:${socket}`);
    await using client = connect({ address: `unix://${socket}` });
    await client.snapshotter().remove('k');
  });

  it('says that there is no socket, and which', async (t) => {
    const socket = path.join(await directory(t), 'none.sock');
    await using client = connect({ address: socket });
    const text = `cannot reach ${socket}: connect ENOENT ${socket}: unavailable`;
    assert.equal((await errorOf(client.version())).message, text);
    assert.equal((await errorOf(drain(client.snapshotter()))).message, text);
    assert.ok((await errorOf(client.version())) instanceof UnavailableError);
  });

  it('says that nobody listens', async (t) => {
    const socket = path.join(await directory(t), 'left.sock');
    const listener = createServer().listen(socket);
    await new Promise((resolve) => listener.once('listening', resolve));
    await rename(socket, `${socket}.kept`);
    await new Promise((resolve) => listener.close(resolve));
    await using client = connect({ address: `${socket}.kept` });
    const error = await errorOf(client.version());
    assert.equal(error.message, `cannot reach ${socket}.kept: connect ECONNREFUSED ${socket}.kept: unavailable`);
  });

  it('says that the daemon went away in the middle of a call', async () => {
    const reached = deferred();
    const stat = (): Promise<never> => {
      reached.resolve();
      return new Promise(() => {});
    };
    const served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ stat }) });
    await using client = connect({ address: served.socket });
    const failure = errorOf(client.snapshotter().stat('k'));
    await reached.promise;
    await served[Symbol.asyncDispose]();
    assert.ok((await failure) instanceof UnavailableError, String(await failure));
  });

  it('finds a daemon that was started later, or anew', async (t) => {
    const socket = path.join(await directory(t), 'late.sock');
    await using client = connect({ address: socket });
    const snapshotter = client.snapshotter();
    await errorOf(snapshotter.remove('k'));
    for (let round = 0; round < 2; round++) {
      await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ remove: async () => {} }) });
      await served.server.listen(socket);
      await eventually(() => snapshotter.remove('k'));
    }
  });
});

/** Repeats what is unavailable until it is not. */
async function eventually(action: () => Promise<void>): Promise<void> {
  for (;;) {
    const error: unknown = await action().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error === undefined) return;
    assert.ok(error instanceof UnavailableError && !(error instanceof CanceledError), String(error));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
