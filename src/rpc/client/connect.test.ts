import assert from 'node:assert/strict';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { deferred } from '../../../tests/support/deferred.js';
import { fakeSnapshotter, serveSnapshotters } from '../../../tests/support/grpc-server.js';
import { CanceledError, InvalidArgumentError, StrataError, UnavailableError } from '../../errors/index.js';
import { connect } from './index.js';

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
    assert.equal((await errorOf(Array.fromAsync(client.snapshotter().walk()))).message, text);
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

  it('finds a daemon that was started later, or again', async (t) => {
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
