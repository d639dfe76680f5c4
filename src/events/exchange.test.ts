import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import {
  FailedPreconditionError,
  InvalidArgumentError,
  ResourceExhaustedError,
  UnavailableError,
} from '../errors/index.js';
import {
  type AnyMessage,
  createEventExchange,
  type Envelope,
  type EventExchange,
  type Subscription,
  timestampOf,
} from './index.js';

const event: AnyMessage = { typeUrl: 'test.Key', value: Buffer.from('k') };
const call = { namespace: 'default' };

/** Payloads whose bytes are the value of their field `key`. */
const open = (queueLimit?: number): EventExchange =>
  createEventExchange({
    readPayload: ({ value }, [field]) => (field === 'key' ? Buffer.from(value).toString() : undefined),
    now: () => new Date(1_500),
    ...(queueLimit === undefined ? {} : { queueLimit }),
  });

/** Reads so many events and leaves. */
async function take(subscription: Subscription, count: number): Promise<Envelope[]> {
  const taken: Envelope[] = [];
  for await (const envelope of subscription) {
    taken.push(envelope);
    if (taken.length === count) break;
  }
  return taken;
}

async function drain(subscription: Subscription): Promise<string[]> {
  const topics: string[] = [];
  for await (const { topic } of subscription) topics.push(topic);
  return topics;
}

describe('EventExchange', () => {
  it('delivers from the moment of the subscription, with time and namespace', async () => {
    const exchange = open();
    exchange.publish('/before', event, call);
    const subscription = exchange.subscribe([]);
    exchange.publish('/snapshot/prepare', event, call);
    const timestamp = { seconds: 1, nanos: 500_000_000 };
    assert.deepEqual(await take(subscription, 1), [
      { timestamp, namespace: 'default', topic: '/snapshot/prepare', event },
    ]);
    assert.equal(exchange.counters.subscribers, 0);
  });

  it('wakes a reader that waits', async () => {
    const exchange = open();
    const reading = take(exchange.subscribe([]), 2);
    await new Promise((resolve) => setImmediate(resolve));
    exchange.publish('/a', event, call);
    await new Promise((resolve) => setImmediate(resolve));
    exchange.publish('/b', event, call);
    assert.deepEqual(
      (await reading).map(({ topic }) => topic),
      ['/a', '/b'],
    );
  });

  it('has one order for all subscribers', async () => {
    const exchange = open();
    const subscriptions = [1, 2, 3].map(() => exchange.subscribe([]));
    for (let n = 0; n < 50; n++) exchange.publish(`/t/${n}`, event, call);
    const orders = await Promise.all(subscriptions.map((one) => take(one, 50)));
    const want = Array.from({ length: 50 }, (_, n) => `/t/${n}`);
    for (const order of orders)
      assert.deepEqual(
        order.map(({ topic }) => topic),
        want,
      );
  });

  const filters: readonly [string[], string[]][] = [
    [['topic=="/snapshot/commit"'], ['/snapshot/commit']],
    [['topic~=|^/snapshot/|'], ['/snapshot/prepare', '/snapshot/commit']],
    [['namespace==other'], ['/elsewhere']],
    [['event.key==x'], ['/snapshot/commit']],
    [['event.nothing'], []],
    [
      ['event.key==x', 'namespace==other'],
      ['/snapshot/commit', '/elsewhere'],
    ],
    [[''], ['/snapshot/prepare', '/snapshot/commit', '/elsewhere']],
  ];
  for (const [given, want] of filters) {
    it(`filters by ${JSON.stringify(given)}`, async () => {
      const exchange = open();
      const subscription = exchange.subscribe(given);
      exchange.publish('/snapshot/prepare', event, call);
      exchange.publish('/snapshot/commit', { ...event, value: Buffer.from('x') }, call);
      exchange.publish('/elsewhere', event, { namespace: 'other' });
      await exchange[Symbol.asyncDispose]();
      assert.deepEqual(await drain(subscription), want);
    });
  }

  it('refuses bad filters', () => {
    assert.throws(
      () => open().subscribe(['topic=/x']),
      (error) => {
        assert.ok(error instanceof InvalidArgumentError);
        assert.match(error.message, /^subscription error: failed parsing subscription filters: filters: parse error: /);
        return true;
      },
    );
  });

  const topics: readonly [string, string][] = [
    ['', 'envelope topic "": must not be empty'],
    ['a', 'envelope topic "a": must start with \'/\''],
    ['/', 'envelope topic "/": must have at least one component'],
    ['/a/', 'envelope topic "/a/": failed validation on component "": identifier must not be empty'],
    ['//a', 'envelope topic "//a": failed validation on component "": identifier must not be empty'],
  ];
  for (const [topic, message] of topics) {
    it(`refuses the topic ${JSON.stringify(topic)}`, () => {
      const exchange = open();
      const envelope = { timestamp: { seconds: 0, nanos: 0 }, namespace: 'a', topic, event };
      assert.throws(() => exchange.forward(envelope), { message: `${message}: invalid argument` });
      assert.throws(() => exchange.publish(topic, event, call), {
        message: `${message}: invalid argument`,
      });
    });
  }

  it('wants a namespace to publish, and a good one to forward', () => {
    const exchange = open();
    assert.throws(
      () => exchange.publish('/a', event, {}),
      (error) => {
        assert.ok(error instanceof FailedPreconditionError);
        assert.equal(error.message, 'failed publishing event: namespace is required: failed precondition');
        return true;
      },
    );
    const envelope = { timestamp: { seconds: 0, nanos: 0 }, namespace: 'a/b', topic: '/a', event };
    assert.throws(() => exchange.forward(envelope), {
      message: /^event envelope has invalid namespace: identifier "a\/b"/,
    });
  });

  it('forwards an envelope as it is', async () => {
    const exchange = open();
    const subscription = exchange.subscribe([]);
    const envelope = { timestamp: { seconds: -5, nanos: 1 }, namespace: 'n', topic: '/x', event: undefined };
    exchange.forward(envelope);
    assert.deepEqual(await take(subscription, 1), [envelope]);
  });

  it('ends the subscription of a reader that falls behind, and only that', async () => {
    const exchange = open(10);
    const slow = exchange.subscribe([]);
    const quick = exchange.subscribe(['topic=="/t/1"']);
    for (let n = 0; n < 11; n++) exchange.publish(`/t/${n}`, event, call);
    await assert.rejects(drain(slow), ResourceExhaustedError);
    assert.equal((await take(quick, 1)).length, 1);
    assert.deepEqual(exchange.counters, { published: 11, overrun: 1, dropped: 11, subscribers: 0 });
  });

  it('bounds the bytes that wait, counting only those that wait', async () => {
    const exchange = createEventExchange({ readPayload: () => undefined, queueBytes: 100 });
    const slow = exchange.subscribe([]);
    const quick = exchange.subscribe([])[Symbol.asyncIterator]();
    for (let n = 0; n < 3; n++) {
      exchange.publish('/large', { ...event, value: new Uint8Array(40) }, call);
      assert.equal((await quick.next()).value?.topic, '/large');
    }
    await assert.rejects(drain(slow), { message: 'subscriber is 100 bytes of events behind: resource exhausted' });
    assert.deepEqual(exchange.counters, { published: 3, overrun: 1, dropped: 3, subscribers: 1 });
  });

  it('drops what waits when it is aborted or disposed of', async () => {
    const exchange = open();
    const abort = new AbortController();
    const aborted = exchange.subscribe([], { signal: abort.signal });
    const disposed = exchange.subscribe([]);
    exchange.publish('/a', event, call);
    abort.abort();
    await disposed[Symbol.asyncDispose]();
    assert.deepEqual(await drain(aborted), []);
    assert.deepEqual(await drain(disposed), []);
    assert.deepEqual(exchange.counters, { published: 1, overrun: 0, dropped: 0, subscribers: 0 });
  });

  it('keeps the failure of one filter from publishers and other subscribers', async () => {
    const exchange = createEventExchange({
      readPayload: () => {
        throw new Error('damaged');
      },
    });
    const looking = exchange.subscribe(['event.key']);
    const other = exchange.subscribe([]);
    exchange.publish('/a', event, call);
    await assert.rejects(drain(looking), { message: 'damaged' });
    assert.equal((await take(other, 1)).length, 1);
  });

  it('reports a malformed expression, which matches nothing', () => {
    const bad: string[] = [];
    const exchange = createEventExchange({
      readPayload: () => undefined,
      onBadExpression: ({ expression }) => bad.push(expression),
    });
    exchange.subscribe(['topic~="("']);
    assert.deepEqual(bad, ['(']);
  });

  it('refuses to forward a timestamp that was never set', () => {
    const envelope = { timestamp: { seconds: -62_135_596_800, nanos: 0 }, namespace: 'a', topic: '/a', event };
    assert.throws(() => open().forward(envelope), {
      message: 'timestamp must be set on forwarded event: invalid argument',
    });
  });

  it('ends with its signal and leaves no listener behind', async () => {
    const exchange = open();
    const abort = new AbortController();
    const reading = drain(exchange.subscribe([], { signal: abort.signal }));
    await take(publishing(exchange, exchange.subscribe([], { signal: abort.signal })), 1);
    assert.equal(getEventListeners(abort.signal, 'abort').length, 1);
    abort.abort();
    assert.deepEqual(await reading, ['/a']);
    assert.equal(getEventListeners(abort.signal, 'abort').length, 0);
    assert.deepEqual(await drain(exchange.subscribe([], { signal: abort.signal })), []);
    assert.equal(exchange.counters.subscribers, 0);
  });

  it('ends all when it is closed, and takes nothing more', async () => {
    const exchange = open();
    const reading = drain(exchange.subscribe([]));
    await exchange[Symbol.asyncDispose]();
    assert.deepEqual(await reading, []);
    assert.throws(() => exchange.publish('/a', event, call), UnavailableError);
    assert.throws(() => exchange.subscribe([]), UnavailableError);
  });
});

function publishing(exchange: EventExchange, subscription: Subscription): Subscription {
  exchange.publish('/a', event, call);
  return subscription;
}

describe('timestampOf', () => {
  it('counts nanoseconds forward, also before 1970', () => {
    assert.deepEqual(timestampOf(new Date(-1)), { seconds: -1, nanos: 999_000_000 });
    assert.deepEqual(timestampOf(new Date(2_001)), { seconds: 2, nanos: 1_000_000 });
  });
});
