import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { engineNames, temporaryServer } from '../../../tests/support/grpc-server.js';
import { frame, RawConnection } from '../../../tests/support/raw-grpc.js';
import type { Envelope } from '../../events/index.js';
import { decodeMessage, encodeMessage, Envelope as WireEnvelope, wireEvents } from '../proto/index.js';
import { eventsService } from './events-service.js';

const service = '/containerd.services.events.v1.Events';

for (const engine of engineNames) {
  describe(`${engine}: the events service`, () => {
    const forwarded: Envelope[] = [];
    const published: unknown[] = [];
    const sent: Envelope = { timestamp: { seconds: 1, nanos: 2 }, namespace: 'n', topic: '/t', event: undefined };
    const served = () =>
      temporaryServer(
        [
          eventsService({
            events: {
              publish: async (topic, event) => void published.push([topic, event]),
              forward: async (envelope) => void forwarded.push(envelope),
              subscribe: async function* () {
                yield sent;
              },
            },
          }),
        ],
        { engine },
      );

    it('takes a message that says nothing for an event without type and fields', async () => {
      await using server = await served();
      await using raw = new RawConnection(server.socket);
      const body = frame(encodeMessage(wireEvents.PublishRequest, { topic: '/t', event: undefined }));
      assert.equal((await raw.call({ path: `${service}/Publish`, body })).status, 0);
      assert.deepEqual(published, [['/t', { typeUrl: '', value: new Uint8Array() }]]);
    });

    it('takes an envelope without a time for one of 1970, and refuses none', async () => {
      await using server = await served();
      await using raw = new RawConnection(server.socket);
      const call = (envelope: wireEvents.ForwardRequest['envelope']) =>
        raw.call({ path: `${service}/Forward`, body: frame(encodeMessage(wireEvents.ForwardRequest, { envelope })) });
      assert.deepEqual(await call(undefined), {
        status: 3,
        message: 'envelope is required: invalid argument',
        messages: [],
      });
      await call({ timestamp: undefined, namespace: 'n', topic: '/t', event: undefined });
      assert.deepEqual(forwarded, [{ ...sent, timestamp: { seconds: 0, nanos: 0 } }]);
    });

    it('sends what happens, and ends when the exchange does', async () => {
      await using server = await served();
      await using raw = new RawConnection(server.socket);
      const body = frame(encodeMessage(wireEvents.SubscribeRequest, { filters: [] }));
      const { status, messages } = await raw.call({ path: `${service}/Subscribe`, body });
      assert.equal(status, 0);
      const envelopes = messages.map((message) => decodeMessage(WireEnvelope, message));
      assert.deepEqual(
        envelopes.map(({ topic }) => topic),
        ['/t'],
      );
    });
  });
}
