import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { fakeSnapshotter, serveSnapshotters, type TemporaryServer } from '../../../tests/support/grpc-server.js';
import {
  CanceledError,
  type ErrorCode,
  errorClasses,
  InternalError,
  NotFoundError,
  ResourceExhaustedError,
  StrataError,
  UnavailableError,
  UnknownError,
} from '../../errors/index.js';
import type { Snapshotter } from '../../snapshots/index.js';
import { callError } from './call-error.js';

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

describe('what a failed call stands for', () => {
  const failed = (code: number, details: string): ServiceError =>
    Object.assign(new Error(`${code} ${details}`), { code, details, metadata: new Metadata() });

  const failures: readonly (readonly [what: string, error: ServiceError | null, stands: StrataError])[] = [
    ['an answer of the daemon', failed(5, 'snapshot x: not found'), new NotFoundError('snapshot x')],
    ['no answer at all', null, new InternalError('the call ended without a response')],
    ['a stream that was reset', failed(1, 'Call cancelled'), new UnavailableError('connection to /s was lost')],
    ['a call that the daemon gave up', failed(1, 'context canceled'), new CanceledError('')],
    [
      'a socket that is not there',
      failed(14, 'No connection established. Last error: Error: connect ENOENT /s. Resolution note: '),
      new UnavailableError('cannot reach /s: connect ENOENT /s'),
    ],
    [
      'a connection that was lost',
      failed(14, 'Connection dropped'),
      new UnavailableError('cannot reach /s: Connection dropped'),
    ],
    [
      'a daemon that is stopping',
      failed(14, 'the server is stopping: unavailable'),
      new UnavailableError('the server is stopping'),
    ],
  ];
  for (const [what, error, stands] of failures) {
    it(`is told of ${what}`, () => {
      const told = callError(error, '/s');
      assert.deepEqual([told.code, told.message], [stands.code, stands.message]);
    });
  }
});
