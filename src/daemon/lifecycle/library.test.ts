/** What a caller of the library sees is the same in this process and through a daemon, and for callers without a compiler. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { CanceledError, InvalidArgumentError, NotFoundError } from '../../errors/index.js';
import { type ClientEvents, type ClientNamespaces, connect } from '../../rpc/client/index.js';
import type { Snapshotter } from '../../snapshots/index.js';
import { defaultConfig, openStrata } from '../index.js';
import { createLogger } from '../logging/logger.js';
import { startDaemon } from './daemon.js';

/** What both have, as far as it is looked at here. */
interface Library {
  readonly events: Pick<ClientEvents, 'subscribe'>;
  readonly namespaces: Pick<ClientNamespaces, 'create' | 'delete' | 'get' | 'list'>;
  snapshotter(): Snapshotter;
}

async function directory(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'strata-library-'));
  t.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** Opens each of the two, with nothing said but where. The directory goes last. */
const ways: Readonly<Record<string, (t: TestContext) => Promise<Library & AsyncDisposable>>> = {
  'in this process': async (t) => openStrata({ root: await directory(t) }),
  'through a daemon': async (t) => {
    const root = await directory(t);
    const [defaults, address] = [defaultConfig(), join(root, 's.sock')];
    const config = {
      ...defaults,
      root: join(root, 'root'),
      state: join(root, 'state'),
      grpc: { ...defaults.grpc, address },
    };
    const logger = createLogger({ level: 'silent', format: 'json' });
    const daemon = await startDaemon(config, { logger, signal: new AbortController().signal });
    const client = connect({ address });
    return Object.assign(client, {
      [Symbol.asyncDispose]: async () => {
        await client.close();
        await daemon.close();
      },
    });
  },
};

/** What a caller without a compiler may give. */
function untyped<T>(value: unknown): T {
  return value as T;
}

for (const [way, open] of Object.entries(ways)) {
  describe(`the library ${way}`, () => {
    it('takes labels as objects and as maps, and gives maps', async (t) => {
      await using strata = await open(t);
      const snapshotter = strata.snapshotter();
      await snapshotter.prepare({ key: 'build', labels: { team: 'a', empty: '' } });
      assert.deepEqual((await snapshotter.stat('build')).labels, new Map([['team', 'a']]));
      await snapshotter.update({ name: 'build', labels: { team: 'b' } });
      await snapshotter.commit({ key: 'build', name: 'base', labels: new Map([['team', 'c']]) });
      assert.deepEqual((await snapshotter.stat('base')).labels, new Map([['team', 'c']]));
      const updated = await snapshotter.update({
        name: 'base',
        labels: { team: 'd', x: 'y' },
        fieldpaths: ['labels.x'],
      });
      assert.deepEqual(updated.labels, new Map(Object.entries({ team: 'c', x: 'y' })));
      await strata.namespaces.create({ name: 'other', labels: { a: 'b' } });
      await strata.namespaces.create({ name: 'bare' });
      assert.deepEqual((await strata.namespaces.get('other')).labels, new Map([['a', 'b']]));
    });

    it('says what is wrong with arguments of the wrong type', async (t) => {
      await using strata = await open(t);
      const snapshotter = strata.snapshotter();
      const cases: readonly [() => Promise<unknown>, string][] = [
        [() => snapshotter.prepare(untyped({})), 'key must be a string, got undefined'],
        [() => snapshotter.prepare(untyped(undefined)), 'request must be an object, got undefined'],
        [() => snapshotter.view(untyped('k')), 'request must be an object, got string'],
        [() => snapshotter.prepare(untyped({ key: 5 })), 'key must be a string, got number'],
        [() => snapshotter.prepare(untyped({ key: 'k', parent: 5 })), 'parent must be a string, got number'],
        [
          () => snapshotter.prepare(untyped({ key: 'k', labels: 'a=b' })),
          'labels must be a map or an object, got string',
        ],
        [
          () => snapshotter.prepare(untyped({ key: 'k', labels: ['a'] })),
          'labels must be a map or an object, got an array',
        ],
        [() => snapshotter.prepare(untyped({ key: 'k', labels: { a: 1 } })), 'label "a" must be a string, got number'],
        [() => snapshotter.commit(untyped({ name: 'n' })), 'key must be a string, got undefined'],
        [() => snapshotter.update(untyped({ labels: {} })), 'name must be a string, got undefined'],
        [
          () => snapshotter.update(untyped({ name: 'n', fieldpaths: 'labels' })),
          'fieldpaths must be an array of strings, got string',
        ],
        [() => snapshotter.stat(untyped(undefined)), 'key must be a string, got undefined'],
        [() => snapshotter.mounts(untyped(1)), 'key must be a string, got number'],
        [() => snapshotter.remove(untyped(null)), 'key must be a string, got null'],
        [() => snapshotter.usage(untyped({})), 'key must be a string, got object'],
        [
          () => Array.fromAsync(snapshotter.walk(untyped({ filters: 'x' }))),
          'filters must be an array of strings, got string',
        ],
        [() => strata.namespaces.create(untyped({})), 'key must be a string, got undefined'],
      ];
      for (const [call, text] of cases) await assert.rejects(call, new InvalidArgumentError(text));
    });

    it('says each text once', async (t) => {
      await using strata = await open(t);
      const missing = new NotFoundError('snapshot none does not exist');
      await assert.rejects(strata.snapshotter().stat('none'), { name: 'NotFoundError', message: missing.message });
    });

    it('calls what was aborted AbortError, and what took too long TimeoutError', async (t) => {
      await using strata = await open(t);
      const snapshotter = strata.snapshotter();
      for (const signal of [AbortSignal.abort(), AbortSignal.abort(new Error('own'))]) {
        const call = snapshotter.prepare({ key: 'k' }, { signal });
        await assert.rejects(call, (error) => error instanceof CanceledError && error.name === 'AbortError');
      }
      const late = AbortSignal.abort(new DOMException('late', 'TimeoutError'));
      await assert.rejects(snapshotter.stat('k', { signal: late }), { name: 'TimeoutError', code: 'DeadlineExceeded' });
    });

    it('gives events whose payload goes by their topic', async (t) => {
      await using strata = await open(t);
      const snapshotter = strata.snapshotter();
      await using events = strata.events.subscribe();
      await snapshotter.prepare({ key: 'k' });
      await snapshotter.commit({ key: 'k', name: 'n' });
      await snapshotter.remove('n');
      const told: string[] = [];
      for await (const event of events) {
        assert.equal(event.namespace, 'default');
        if (event.topic === '/snapshot/prepare') told.push(`${event.payload?.key} over ${event.payload?.parent}`);
        if (event.topic === '/snapshot/commit') told.push(`${event.payload?.key} is ${event.payload?.name}`);
        if (event.topic !== '/snapshot/remove') continue;
        told.push(`no ${event.payload?.key} in ${event.payload?.snapshotter}`);
        break;
      }
      assert.deepEqual(told.slice(0, 2), ['k over ', 'k is n']);
      assert.match(told[2] ?? '', /^no n in (overlayfs|native|btrfs)$/);
    });

    it('filters namespaces and publishes their changes', async (t) => {
      await using strata = await open(t);
      await using events = strata.events.subscribe(['topic~=^/namespaces/']);
      await strata.namespaces.create({ name: 'one', labels: { team: 'a' } });
      await strata.namespaces.create({ name: 'two' });
      assert.deepEqual(
        (await strata.namespaces.list('labels.team==a')).map(({ name }) => name),
        ['one'],
      );
      await assert.rejects(strata.namespaces.list('name=x'), InvalidArgumentError);
      await strata.namespaces.delete('two');
      const told: unknown[] = [];
      for await (const { topic, namespace, payload } of events) {
        told.push([topic, namespace, payload]);
        if (topic === '/namespaces/delete') break;
      }
      assert.deepEqual(told, [
        ['/namespaces/create', 'one', { name: 'one', labels: new Map([['team', 'a']]) }],
        ['/namespaces/create', 'two', { name: 'two', labels: new Map() }],
        ['/namespaces/delete', 'two', { name: 'two' }],
      ]);
      await assert.rejects(strata.namespaces.get('one', { signal: AbortSignal.abort() }), { name: 'AbortError' });
    });

    it('refuses a filter when it is iterated', async (t) => {
      await using strata = await open(t);
      await using events = strata.events.subscribe(['topic=/x']);
      await assert.rejects(Array.fromAsync(events), InvalidArgumentError);
    });
  });
}
