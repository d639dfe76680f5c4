import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventsService, temporaryServer } from '../../../tests/support/grpc-server.js';
import { InvalidArgumentError } from '../../errors/index.js';
import type { Envelope } from '../../events/index.js';
import type { CallContext } from '../../snapshots/index.js';
import type { EventEnvelope } from './index.js';

type Exchange = Parameters<typeof eventsService>[0]['events'];

const envelope: Envelope = {
  timestamp: { seconds: -1, nanos: 999_999_999 },
  namespace: 'ci',
  topic: '/a/b',
  event: { typeUrl: 'example.Event', value: Buffer.from('value') },
};

/** A client of a daemon with such an exchange, as far as it is given. */
async function serve(exchange: Partial<Exchange>) {
  const unused = () => assert.fail('nobody asked for that');
  const events = { publish: unused, forward: unused, subscribe: unused, ...exchange };
  const server = await temporaryServer([eventsService({ events })]);
  return {
    events: server.connect({ namespace: 'mine' }).events,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A subscription that gives an event and waits for its end. */
async function* waiting(options: CallContext = {}): AsyncGenerator<Envelope> {
  yield envelope;
  await new Promise<void>((resolve) => options.signal?.addEventListener('abort', () => resolve()));
}

describe('the events of a daemon', () => {
  it('are published in the namespace of the call', async () => {
    const published: unknown[] = [];
    await using served = await serve({
      publish: async (topic, { typeUrl, value }, { namespace } = {}) => {
        published.push([topic, typeUrl, String(value), namespace]);
      },
    });
    const { event } = envelope;
    assert.ok(event !== undefined);
    await served.events.publish('/a', event);
    await served.events.publish('/b', event, { namespace: 'own' });
    assert.deepEqual(published, [
      ['/a', 'example.Event', 'value', 'mine'],
      ['/b', 'example.Event', 'value', 'own'],
    ]);
  });

  it('are forwarded as they are', async () => {
    const forwarded: Envelope[] = [];
    await using served = await serve({ forward: async (given) => void forwarded.push(given) });
    await served.events.forward(envelope);
    await served.events.forward({ ...envelope, event: undefined });
    assert.deepEqual(forwarded, [envelope, { ...envelope, event: undefined }]);
  });

  it('arrive as they are, until the subscription is left', async () => {
    let left = false;
    await using served = await serve({
      subscribe: async function* (_filters, options) {
        try {
          yield* waiting(options);
        } finally {
          left = true;
        }
      },
    });
    for await (const got of served.events.subscribe()) {
      assert.deepEqual(got, { ...envelope, payload: undefined });
      break;
    }
    while (!left) await new Promise(setImmediate);
  });

  it('end without an error when the signal is aborted', async () => {
    await using served = await serve({ subscribe: (_filters, options) => waiting(options) });
    const controller = new AbortController();
    const got: EventEnvelope[] = [];
    for await (const each of served.events.subscribe([], { signal: controller.signal })) {
      got.push(each);
      controller.abort();
    }
    assert.equal(got.length, 1);
  });

  it('pass filters on, and throw what is wrong with one', async () => {
    const asked: unknown[] = [];
    await using served = await serve({
      // biome-ignore lint/correctness/useYield: it throws before there is anything to give
      subscribe: async function* (filters) {
        asked.push(filters);
        throw new InvalidArgumentError('filter "x": unexpected end');
      },
    });
    await assert.rejects(async () => {
      for await (const _ of served.events.subscribe(['x', 'topic==/a']));
    }, new InvalidArgumentError('filter "x": unexpected end'));
    assert.deepEqual(asked, [['x', 'topic==/a']]);
  });
});
