/** Clients that ask too much, and clients that go away. */
import assert from 'node:assert/strict';
import { frame } from '../../support/protobuf.js';
import { scenario } from '../../support/scenario.js';
import { methods, mustCall, namesOf, requests } from '../../support/snapshots-api.js';
import { until } from '../../support/until.js';
import { codes, Wire } from '../../support/wire.js';
import { Bench, baseline } from './bench.js';

/**
 * A call that was given up has happened or has not, and either way completely: what is recorded works and is removed
 * here; nothing else lies on the disk.
 */
async function removeWhatHappened({ wire, strata }: Bench): Promise<void> {
  await until('no call is under way any more', async () => {
    const before = await namesOf(wire);
    await mustCall(wire, methods.cleanup, requests.snapshotter('overlayfs'));
    assert.equal((await strata.onDisk()).length, before.length);
    return true;
  });
  for (const key of (await namesOf(wire)).filter((name) => !baseline.includes(name))) {
    await mustCall(wire, methods.mounts, requests.key(key));
    await mustCall(wire, methods.remove, requests.key(key));
  }
}

scenario('clients that ask too much, or go away', {}, async (running) => {
  const bench = await Bench.start(running);
  const { wire } = bench;

  await bench.step('ten thousand calls at once', async () => {
    const created = Array.from({ length: 500 }, (_, index) => `burst-${index}`);
    const reads = Array.from({ length: 9000 }, (_, index) =>
      wire.call(methods.stat, requests.key(index % 3 === 0 ? 'nosuch' : 'base')),
    );
    const prepares = created.map((key) => wire.call(methods.prepare, requests.create({ key, parent: 'base' })));
    const again = created.map((key) => wire.call(methods.prepare, requests.create({ key, parent: 'base' })));
    const read = await Promise.all(reads);
    assert.deepEqual(
      read.map(({ code }) => code),
      read.map((_, index) => (index % 3 === 0 ? codes.notFound : codes.ok)),
    );
    // Of two that want the same key one gets it, whichever.
    const [first, second] = await Promise.all([Promise.all(prepares), Promise.all(again)]);
    for (const [index, { code }] of first.entries()) {
      assert.deepEqual([code, second[index]?.code].sort(), [codes.ok, codes.alreadyExists]);
    }
    await Promise.all(created.map((key) => mustCall(wire, methods.remove, requests.key(key))));
  });

  await bench.step('clients that go away in the middle of a call', async () => {
    const keys = Array.from({ length: 60 }, (_, index) => `vanished-${index}`);
    for (const [index, key] of keys.entries()) {
      const client = new Wire(bench.strata.address);
      const stream = client.open(methods.prepare);
      stream.on('error', () => {});
      const body = frame(requests.create({ key, parent: 'base' }));
      // A third goes with half the message, a third before the answer, a third right when it comes.
      const sent = new Promise<void>((resolve) =>
        stream.write(index % 3 === 0 ? body.subarray(0, 9) : body, () => resolve()),
      );
      await sent;
      if (index % 3 === 2) {
        stream.end();
        await new Promise<void>((resolve) => stream.once('response', () => resolve()).once('close', () => resolve()));
      }
      client.destroy();
    }
    await removeWhatHappened(bench);
  });

  await bench.step('subscribers that go away, and one that never reads', async () => {
    for (let index = 0; index < 20; index++) {
      const client = new Wire(bench.strata.address);
      const stream = client.open(methods.subscribe);
      stream.on('error', () => {});
      await new Promise<void>((resolve) => stream.write(frame(Buffer.alloc(0)), () => resolve()));
      client.destroy();
    }
    const silent = new Wire(bench.strata.address);
    const stream = silent.open(methods.subscribe);
    stream.on('error', () => {});
    stream.end(frame(Buffer.alloc(0)));
    stream.pause();
    for (let index = 0; index < 500; index++) {
      await mustCall(wire, methods.prepare, requests.create({ key: 'noise' }));
      await mustCall(wire, methods.remove, requests.key('noise'));
    }
    silent.destroy();
  });

  await bench.step('deadlines that are over before the call can be answered', async () => {
    for (const [index, timeout] of ['1n', '1u', '100u', '200u', '500u', '1m', '2m'].entries()) {
      const options = { headers: { 'grpc-timeout': timeout } };
      const { code } = await wire.call(methods.prepare, requests.create({ key: `late-${index}` }), options);
      assert.ok(code === codes.deadlineExceeded || code === codes.ok, `${timeout}: ${code}`);
    }
    await removeWhatHappened(bench);
  });
});
