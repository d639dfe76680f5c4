import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { deferred } from '../../../tests/support/deferred.js';
import { engineNames, fakeSnapshotter, serveSnapshotters } from '../../../tests/support/grpc-server.js';
import { frame, RawConnection } from '../../../tests/support/raw-grpc.js';
import { frameTypes, RawPeer } from '../../../tests/support/raw-http2.js';
import { CanceledError, DeadlineExceededError, InvalidArgumentError, UnavailableError } from '../../errors/index.js';
import type { CallContext, Info } from '../../snapshots/index.js';
import { encodeMessage, wireSnapshots } from '../proto/index.js';
import { createGrpcServer } from './index.js';

const service = '/containerd.services.snapshots.v1.Snapshots';
const log = { warn: () => {}, error: () => {} };

function statBody(key: string): Buffer {
  return frame(encodeMessage(wireSnapshots.StatSnapshotRequest, { snapshotter: 'overlayfs', key }));
}

/** A snapshotter whose Stat lasts until it is aborted. */
function waiting() {
  const started = deferred<AbortSignal>();
  const stat = async (_key: string, call: CallContext = {}): Promise<never> => {
    assert.ok(call.signal !== undefined);
    started.resolve(call.signal);
    if (!call.signal.aborted) await once(call.signal, 'abort');
    throw call.signal.reason;
  };
  return { snapshotter: fakeSnapshotter({ stat }), started: started.promise };
}

for (const engine of engineNames) {
  describe(`${engine}: a call on the server`, () => {
    it('is aborted with DeadlineExceeded when its time runs out', async () => {
      const { snapshotter, started } = waiting();
      await using served = await serveSnapshotters({ overlayfs: snapshotter }, { engine });
      await using raw = new RawConnection(served.socket);
      const call = raw.call({ path: `${service}/Stat`, body: statBody('k'), headers: { 'grpc-timeout': '20m' } });
      const signal = await started;
      if (!signal.aborted) await once(signal, 'abort');
      assert.ok(signal.reason instanceof DeadlineExceededError);
      assert.equal((await call).status, 4);
    });

    it('is aborted with Canceled when its client vanishes', async () => {
      const { snapshotter, started } = waiting();
      await using served = await serveSnapshotters({ overlayfs: snapshotter }, { engine });
      const raw = new RawConnection(served.socket);
      const call = raw.call({ path: `${service}/Stat`, body: statBody('k') });
      const signal = await started;
      raw.session.destroy();
      await once(signal, 'abort');
      assert.ok(signal.reason instanceof CanceledError);
      await call;
      assert.deepEqual(served.logged, []);
    });

    it('has a signal that is not aborted by its own success', async () => {
      const signals: AbortSignal[] = [];
      const remove = async (_key: string, call: CallContext = {}): Promise<void> => {
        if (call.signal !== undefined) signals.push(call.signal);
      };
      await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ remove }) }, { engine });
      await served.connect().snapshotter().remove('k');
      await served.server.close();
      assert.deepEqual(
        signals.map(({ aborted }) => aborted),
        [false],
      );
    });

    it('is one of thousands at once', async () => {
      const count = 2500;
      const gate = deferred();
      let waitingNow = 0;
      const remove = async (): Promise<void> => {
        waitingNow += 1;
        if (waitingNow === count) gate.resolve();
        await gate.promise;
      };
      await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ remove }) }, { engine });
      const snapshotter = served.connect().snapshotter();
      await Promise.all(Array.from({ length: count }, (_, n) => snapshotter.remove(`k${n}`)));
      assert.equal(waitingNow, count);
    });
  });

  describe(`${engine}: a stream on the server`, () => {
    it('draws no more from its source than its client takes', async () => {
      const total = 10_000;
      const name = 'k'.repeat(1000);
      let taken = 0;
      let furthestAhead = 0;
      const walk = async function* (): AsyncGenerator<Info> {
        for (let drawn = 1; drawn <= total; drawn++) {
          furthestAhead = Math.max(furthestAhead, drawn - taken);
          yield { name, parent: '', kind: 'active', created: new Date(0), updated: new Date(0), labels: new Map() };
        }
      };
      await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ walk }) }, { engine });
      for await (const _ of served.connect().snapshotter().walk()) {
        taken += 1;
        // A reader that is slower than the server.
        if (taken % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal(taken, total);
      // Sixteen messages of a hundred snapshots wait on the client's side, and a few on the way.
      assert.ok(furthestAhead < total / 4, `${furthestAhead} of ${total} were drawn ahead`);
    });
  });

  describe(`${engine}: closing a server`, () => {
    it('lets calls under way finish and then refuses', async () => {
      const gate = deferred();
      const reached = deferred();
      const remove = async (): Promise<void> => {
        reached.resolve();
        await gate.promise;
      };
      await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ remove }) }, { engine });
      const snapshotter = served.connect().snapshotter();
      const call = snapshotter.remove('k');
      await reached.promise;
      assert.equal(served.server.callsUnderWay.length, 1);
      const closed = served.server.close({ graceMs: 60_000 });
      gate.resolve();
      await Promise.all([call, closed]);
      assert.equal(served.server.callsUnderWay.length, 0);
      assert.ok(!existsSync(served.socket));
      await assert.rejects(snapshotter.remove('k'), UnavailableError);
      await assert.rejects(served.server.listen(served.socket), new UnavailableError('the server is closed'));
      await served.server.close();
    });

    it('aborts what is not finished after the grace period, and says so', async () => {
      const { snapshotter, started } = waiting();
      await using served = await serveSnapshotters({ overlayfs: snapshotter }, { engine });
      const call = served.connect().snapshotter().stat('k');
      const signal = await started;
      const refused = assert.rejects(call, new UnavailableError('the server is closing'));
      await served.server.close({ graceMs: 0 });
      assert.ok(signal.reason instanceof UnavailableError);
      await refused;
    });

    it('cuts off clients whose calls do not heed their abort', async () => {
      const started = deferred();
      const stat = (): Promise<never> => {
        started.resolve();
        return new Promise(() => {});
      };
      await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ stat }) }, { engine });
      const refused = assert.rejects(served.connect().snapshotter().stat('k'), UnavailableError);
      await started.promise;
      await served.server.close({ graceMs: 0 });
      await refused;
    });

    it('says goodbye to idle connections, ends streams without end, and waits for neither', async (t) => {
      await using served = await serveSnapshotters(
        { overlayfs: fakeSnapshotter({ remove: async () => {} }) },
        { engine },
      );
      // This one does not even notice that it is over.
      const silent = connectSocket(served.socket);
      t.after(() => silent.destroy());
      await once(silent, 'connect');
      await using greeted = await RawPeer.connect(served.socket);
      await using used = new RawConnection(served.socket);
      const removal = encodeMessage(wireSnapshots.RemoveSnapshotRequest, { snapshotter: 'overlayfs', key: 'k' });
      assert.equal((await used.call({ path: `${service}/Remove`, body: frame(removal) })).status, 0);
      await using subscribed = new RawConnection(served.socket);
      const watch = subscribed.call({ path: '/grpc.health.v1.Health/Watch', body: frame(Buffer.alloc(0)) });
      while (served.server.callsUnderWay.length < 1) await new Promise((resolve) => setImmediate(resolve));
      const ends = [greeted.socket, used.session, subscribed.session].map((end) => once(end, 'close'));

      await served.server.close({ graceMs: 2 ** 30 });

      await Promise.all(ends);
      assert.equal((await watch).status, 14);
      const goodbye = await greeted.ofType(frameTypes.GOAWAY);
      assert.deepEqual(goodbye?.payload.subarray(0, 8), Buffer.alloc(8));
    });

    it('waits no longer than the grace period for calls whose requests do not arrive', async () => {
      const removed: string[] = [];
      const remover = async (key: string): Promise<void> => void removed.push(key);
      await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ remove: remover }) }, { engine });
      await using raw = new RawConnection(served.socket);
      const half = raw.session.request({
        ':method': 'POST',
        ':path': `${service}/Remove`,
        'content-type': 'application/grpc',
      });
      half.on('error', () => {});
      half.write(statBody('k').subarray(0, 7));
      while (served.server.callsUnderWay.length < 1) await new Promise((resolve) => setImmediate(resolve));
      const ended = once(raw.session, 'close');
      await served.server.close({ graceMs: 50 });
      await ended;
      while (served.server.callsUnderWay.length > 0) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(removed, []);
    });

    it('takes the rest of a request that had begun to arrive', async () => {
      await using served = await serveSnapshotters(
        { overlayfs: fakeSnapshotter({ remove: async () => {} }) },
        { engine },
      );
      await using raw = new RawConnection(served.socket);
      const half = raw.session.request({
        ':method': 'POST',
        ':path': `${service}/Remove`,
        'content-type': 'application/grpc',
      });
      const removal = frame(encodeMessage(wireSnapshots.RemoveSnapshotRequest, { snapshotter: 'overlayfs', key: 'k' }));
      half.write(removal.subarray(0, 7));
      while (served.server.callsUnderWay.length < 1) await new Promise((resolve) => setImmediate(resolve));
      const goodbye = once(raw.session, 'goaway');
      const trailers = once(half, 'trailers');
      const closed = served.server.close({ graceMs: 2 ** 30 });
      await goodbye;
      half.resume().end(removal.subarray(7));
      assert.equal((await trailers)[0]['grpc-status'], '0');
      await closed;
    });
  });

  describe(`${engine}: a connection that broke the protocol`, () => {
    it('does not stay for ever', async (t) => {
      const directory = await mkdtemp(path.join(tmpdir(), 'strata-keepalive-'));
      t.after(() => rm(directory, { recursive: true, force: true }));
      await using server = createGrpcServer({ services: [], log, engine, keepaliveMs: 50 });
      await server.listen(path.join(directory, 's.sock'));
      const socket = connectSocket(path.join(directory, 's.sock'));
      const closed = once(socket, 'close');
      // A preface, settings, and headers that name an entry which no table has.
      socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
      socket.write(Buffer.from('000000040000000000000001010500000001fe', 'hex'));
      socket.resume();
      await closed;
    });
  });

  describe(`${engine}: listening`, () => {
    it('works at several addresses', async () => {
      await using served = await serveSnapshotters(
        { overlayfs: fakeSnapshotter({ remove: async () => {} }) },
        { engine },
      );
      const second = `${served.socket}.2`;
      await served.server.listen(`unix:${second}`);
      assert.ok(existsSync(second));
      await served.server.close();
      assert.ok(!existsSync(second));
    });

    for (const address of ['', 'relative', 'localhost:0', `/${'x'.repeat(107)}`]) {
      it(`refuses ${JSON.stringify(address.slice(0, 20))}`, async () => {
        await using server = createGrpcServer({ services: [], log, engine });
        await assert.rejects(server.listen(address), InvalidArgumentError);
      });
    }

    it('says why it cannot', async (t) => {
      const directory = await mkdtemp(path.join(tmpdir(), 'strata-listen-'));
      t.after(() => rm(directory, { recursive: true, force: true }));
      const socket = path.join(directory, 'missing', 's.sock');
      await using server = createGrpcServer({ services: [], log, engine });
      await assert.rejects(server.listen(socket), (error: unknown) => {
        assert.ok(error instanceof UnavailableError);
        assert.match(error.message, /^cannot listen on .*\/missing\/s\.sock: .*(EACCES|ENOENT).*: unavailable$/);
        return true;
      });
    });
  });
}
