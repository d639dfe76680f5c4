import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { deferred } from '../../../tests/support/deferred.js';
import { engineNames, fakeSnapshotter, serveSnapshotters } from '../../../tests/support/grpc-server.js';
import { CanceledError, DeadlineExceededError, NotFoundError, UnavailableError } from '../../errors/index.js';
import type { CallContext, Info, Snapshotter } from '../../snapshots/index.js';

const info: Info = {
  name: 'k',
  parent: '',
  kind: 'active',
  created: new Date(),
  updated: new Date(),
  labels: new Map(),
};

/** A snapshotter whose calls last until they are aborted, and what becomes of them. */
function waiting() {
  const started = deferred<AbortSignal>();
  const returned = deferred();
  const wait = async (call: CallContext | undefined): Promise<never> => {
    assert.ok(call?.signal !== undefined);
    started.resolve(call.signal);
    if (!call.signal.aborted) await once(call.signal, 'abort');
    throw call.signal.reason;
  };
  const snapshotter = fakeSnapshotter({
    stat: (_key, call) => wait(call),
    walk: async function* (_request, call) {
      try {
        for (let n = 0; n < 100; n++) yield info;
        await wait(call);
      } finally {
        returned.resolve();
      }
    },
    remove: async () => {},
  });
  return { snapshotter, started: started.promise, returned: returned.promise };
}

async function drain(snapshotter: Snapshotter, call: CallContext): Promise<void> {
  for await (const _ of snapshotter.walk({}, call));
}

const reasons: [name: string, reason: unknown, expected: new (text: string) => Error][] = [
  ['no reason', undefined, CanceledError],
  ['a timeout', new DOMException('late', 'TimeoutError'), DeadlineExceededError],
  ["the caller's own error", new NotFoundError('mine'), NotFoundError],
];

for (const engine of engineNames) {
  describe(`aborting a call over gRPC on ${engine}`, () => {
    for (const [name, reason, expected] of reasons) {
      it(`ends a unary call on both sides, with ${name}`, async () => {
        const { snapshotter, started } = waiting();
        await using served = await serveSnapshotters({ overlayfs: snapshotter }, { engine });
        const abort = new AbortController();
        const call = served.connect().snapshotter().stat('k', { signal: abort.signal });
        const signal = await started;
        abort.abort(reason);
        await assert.rejects(call, expected);
        if (!signal.aborted) await once(signal, 'abort');
        assert.ok(signal.reason instanceof CanceledError);
        assert.deepEqual(served.logged, []);
      });

      it(`ends a stream on both sides, with ${name}`, async () => {
        const { snapshotter, returned, started } = waiting();
        await using served = await serveSnapshotters({ overlayfs: snapshotter }, { engine });
        const abort = new AbortController();
        const call = drain(served.connect().snapshotter(), { signal: abort.signal });
        await started;
        abort.abort(reason);
        await assert.rejects(call, expected);
        await returned;
      });
    }

    it('refuses a call that is aborted already, without sending it', async () => {
      const { snapshotter } = waiting();
      await using served = await serveSnapshotters({ overlayfs: snapshotter }, { engine });
      const remote = served.connect().snapshotter();
      const signal = AbortSignal.abort();
      await assert.rejects(remote.remove('k', { signal }), CanceledError);
      await assert.rejects(drain(remote, { signal }), CanceledError);
    });

    it('leaves no listener on a signal that outlives its calls', async () => {
      const { snapshotter } = waiting();
      await using served = await serveSnapshotters({ overlayfs: snapshotter }, { engine });
      const remote = served.connect().snapshotter();
      const listening = new Set<unknown>();
      const { signal } = new AbortController();
      const { addEventListener, removeEventListener } = signal;
      signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
        listening.add(args[1]);
        addEventListener.apply(signal, args);
      };
      signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
        listening.delete(args[1]);
        removeEventListener.apply(signal, args);
      };
      await remote.remove('k', { signal });
      for await (const _ of remote.walk({}, { signal })) break;
      await remote.remove('k', { signal });
      assert.equal(listening.size, 0);
    });

    it('returns the iterator of the server when the client leaves a stream', async () => {
      const { snapshotter, returned } = waiting();
      await using served = await serveSnapshotters({ overlayfs: snapshotter }, { engine });
      for await (const _ of served.connect().snapshotter().walk()) break;
      await returned;
    });

    it('aborts what a client that closes has open, on the server too', async () => {
      const { snapshotter, returned, started } = waiting();
      await using served = await serveSnapshotters({ overlayfs: snapshotter }, { engine });
      const client = served.connect();
      const stream = drain(client.snapshotter(), {});
      await started;
      await client.close();
      await assert.rejects(stream, new UnavailableError(`client of ${served.socket} is closed`));
      await returned;
    });

    it('lets unary calls finish when the client closes', async () => {
      const gate = deferred();
      const reached = deferred();
      const remove = async (): Promise<void> => {
        reached.resolve();
        await gate.promise;
      };
      await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ remove }) }, { engine });
      const client = served.connect();
      const call = client.snapshotter().remove('k');
      await reached.promise;
      const closed = client.close();
      gate.resolve();
      await Promise.all([call, closed]);
    });
  });
}
