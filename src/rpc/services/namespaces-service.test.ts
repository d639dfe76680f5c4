import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type TemporaryServer, temporaryServer } from '../../../tests/support/grpc-server.js';
import { frame, RawConnection } from '../../../tests/support/raw-grpc.js';
import { AlreadyExistsError, InvalidArgumentError, NotFoundError, UnavailableError } from '../../errors/index.js';
import type { AnyMessage } from '../../events/index.js';
import type { CallContext } from '../../snapshots/index.js';
import { encodeMessage, wireNamespaces } from '../proto/index.js';
import { readPayload } from './event-payloads.js';
import { namespacesService } from './namespaces-service.js';
import type { NamespacesApi, ServedNamespace } from './published-namespaces.js';

const ci: ServedNamespace = { name: 'ci', labels: new Map([['owner', 'ann']]) };
const dev: ServedNamespace = { name: 'dev', labels: new Map() };

interface Served extends AsyncDisposable {
  readonly server: TemporaryServer;
  readonly published: (readonly [topic: string, namespace: string | undefined, event: AnyMessage])[];
  readonly warnings: string[];
}

async function serve(api: Partial<NamespacesApi>, failure?: Error): Promise<Served> {
  const published: (readonly [string, string | undefined, AnyMessage])[] = [];
  const warnings: string[] = [];
  const refuse = () => Promise.reject(new NotFoundError('fake'));
  const namespaces = { get: refuse, list: refuse, create: refuse, update: refuse, delete: refuse, ...api };
  const publish = async (topic: string, event: AnyMessage, { namespace }: CallContext = {}) => {
    if (failure !== undefined) throw failure;
    published.push([topic, namespace, event]);
  };
  const log = { warn: (_: object, text: string) => void warnings.push(text), error: () => assert.fail() };
  const server = await temporaryServer([namespacesService({ namespaces, events: { publish }, log })]);
  return { server, published, warnings, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe('the namespaces service', () => {
  it('lists what the filter lets through', async () => {
    await using served = await serve({ list: async () => [ci, dev] });
    const { namespaces } = served.server.connect();
    assert.deepEqual(await namespaces.list(), [ci, dev]);
    assert.deepEqual(await namespaces.list('name==dev'), [dev]);
    assert.deepEqual(await namespaces.list('labels.owner==ann'), [ci]);
    await assert.rejects(namespaces.list('name=='), InvalidArgumentError);
  });

  it('tells of a change in the namespace that changed, whatever that of the caller', async () => {
    const done = async () => undefined;
    await using served = await serve({ create: done, delete: done, update: async () => ci });
    const { namespaces } = served.server.connect({ namespace: 'elsewhere' });
    await namespaces.create(ci);
    await namespaces.update({ ...ci, fieldpaths: ['labels.owner'] });
    await namespaces.delete('ci');
    assert.deepEqual(
      served.published.map(([topic, namespace, event]) => [
        topic,
        namespace,
        event.typeUrl,
        readPayload(event, ['name']),
      ]),
      ['Create', 'Update', 'Delete'].map((what) => {
        return [`/namespaces/${what.toLowerCase()}`, 'ci', `containerd.events.Namespace${what}`, 'ci'];
      }),
    );
    assert.equal(readPayload(served.published[0]?.[2] ?? assert.fail(), ['labels', 'owner']), 'ann');
  });

  it('tells nobody of what was refused', async () => {
    await using served = await serve({ create: () => Promise.reject(new AlreadyExistsError('namespace "ci"')) });
    const { namespaces } = served.server.connect();
    await assert.rejects(namespaces.create(ci), new AlreadyExistsError('namespace "ci"'));
    await assert.rejects(namespaces.delete('ci'), NotFoundError);
    assert.deepEqual(served.published, []);
  });

  it('has made a change whose event nobody got, and says so in the log', async () => {
    await using served = await serve({ create: async () => undefined }, new UnavailableError('it is closed'));
    await served.server.connect().namespaces.create(ci);
    assert.deepEqual(served.warnings, ['event /namespaces/create could not be published']);
  });

  it('changes all labels without field paths, and those that are named with them', async () => {
    const asked: unknown[] = [];
    const update: NamespacesApi['update'] = async (request) => {
      asked.push(request);
      return dev;
    };
    await using served = await serve({ update });
    const { namespaces } = served.server.connect();
    assert.deepEqual(await namespaces.update(ci), dev);
    await namespaces.update({ ...ci, fieldpaths: [] });
    await namespaces.update({ ...ci, fieldpaths: ['labels.owner'] });
    assert.deepEqual(asked, [ci, ci, { ...ci, fieldpaths: ['labels.owner'] }]);
  });

  it('refuses a request without a namespace', async () => {
    await using served = await serve({});
    await using raw = new RawConnection(served.server.socket);
    const body = frame(encodeMessage(wireNamespaces.CreateNamespaceRequest, { namespace: undefined }));
    const answer = await raw.call({ path: '/containerd.services.namespaces.v1.Namespaces/Create', body });
    assert.deepEqual(answer, { status: 3, message: 'namespace is required: invalid argument', messages: [] });
  });
});
