/** A containerd as the proxy snapshotter behind it sees it, for tests of what is asked of it. */
import type { SeenStat, StatWatch } from '../../src/daemon/front/stat-watch.js';
import { FailedPreconditionError, InvalidArgumentError, NotFoundError } from '../../src/errors/index.js';
import {
  wireContainers,
  wireContent,
  wireIntrospection,
  wireLeases,
  wireNamespaces,
} from '../../src/rpc/proto/index.js';
import { snapshotsService } from '../../src/rpc/services/index.js';
import type { CallContext, Info, Snapshotter, UpdateRequest } from '../../src/snapshots/index.js';
import { snapshot } from './fake-daemon.js';
import { defineService, type TemporaryServer, temporaryServer } from './grpc-server.js';

/** A container. */
export interface FakeContainer {
  readonly namespace: string;
  readonly id: string;
  readonly snapshotter: string;
  readonly snapshotKey: string;
}

/** What it has records of; it asks the proxy for these as containerd does. */
export class FakeContainerd {
  /** Namespaces, and in them by their keys what the proxy is asked for. */
  readonly records = new Map<string, Map<string, string>>();
  /** What the proxy has. */
  readonly backEnd = new Set<string>();
  /** Keys that have children, or had some that were collected. */
  readonly parents = new Set<string>();
  /** Labels of content that keep snapshots, `<digest> <label>`, with the keys of those. */
  readonly kept = new Map<string, string>();
  /** What a collection deletes the records of unless content keeps it: `<namespace> <key>`. */
  readonly garbage = new Set<string>();
  readonly containers: FakeContainer[] = [];
  /** Its proxy plugins: addresses by their names. */
  readonly proxies = new Map<string, string>();
  /** A write transaction that has begun: it ends before the next one. */
  underWay: (() => void) | undefined;
  /** Whether it asks this proxy, or another one. */
  asksUs = true;
  readonly removed: string[] = [];
  readonly #stats: StatWatch;

  constructor(stats: StatWatch) {
    this.#stats = stats;
  }

  /** Records a snapshot; the proxy has it unless `lost`. */
  record(key: string, { lost = false }: { readonly lost?: boolean } = {}): void {
    const [namespace = '', , ...rest] = key.split('/');
    const records = this.records.get(namespace) ?? new Map<string, string>();
    this.records.set(namespace, records.set(rest.join('/'), key));
    if (!lost) this.backEnd.add(key);
  }

  /** Serves it. */
  serve(): Promise<TemporaryServer> {
    const { containers, kept } = this;
    const none = () => {
      throw new FailedPreconditionError('not in this test');
    };
    return temporaryServer([
      snapshotsService({ resolveSnapshotter: () => this.#snapshotter() }),
      defineService(wireNamespaces.NamespacesDefinition, {
        list: () => ({ namespaces: [...this.records.keys()].map((name) => ({ name, labels: new Map() })) }),
        get: none,
        create: none,
        update: none,
        delete: none,
      }),
      defineService(wireContainers.ContainersDefinition, {
        listStream: async function* (_request: object, { namespace }: CallContext) {
          for (const container of containers) if (container.namespace === namespace) yield { container };
        },
      }),
      defineService(wireContent.ContentDefinition, {
        list: async function* ({ filters }) {
          for (const [name, key] of kept) {
            const [digest = '', label = ''] = name.split(' ');
            if (filters.includes(`labels."${label}"=="${key}"`)) yield { info: [{ digest, labels: new Map() }] };
          }
        },
        update: ({ info, updateMask = [] }) => {
          for (const path of updateMask) kept.delete(`${info?.digest} ${path.replace('labels.', '')}`);
          return { info };
        },
      }),
      defineService(wireLeases.LeasesDefinition, {
        create: ({ labels }) => ({ lease: { id: 'made-up', labels, createdAt: undefined } }),
        delete: ({ id, sync }) => {
          if (sync && id === 'made-up') this.#collect();
          return {};
        },
        list: none,
        addResource: none,
        deleteResource: none,
        listResources: none,
      }),
      defineService(wireIntrospection.IntrospectionDefinition, {
        plugins: () => ({ plugins: [...this.proxies].map(pluginOf) }),
        server: none,
        pluginInfo: none,
      }),
    ]);
  }

  #snapshotter(): Snapshotter {
    const stat = async (key: string, { namespace = '' }: CallContext = {}): Promise<Info> => {
      const behind = this.records.get(namespace)?.get(key);
      if (behind === undefined || !this.#ask(behind)) throw new NotFoundError(`snapshot ${key} does not exist`);
      return snapshot(key);
    };
    const snapshotter = {
      stat,
      update: async ({ name }: UpdateRequest, { namespace = '' }: CallContext = {}) => {
        this.underWay?.();
        this.underWay = undefined;
        if (this.records.get(namespace)?.has(name) === true) throw new InvalidArgumentError('cannot update');
        throw new NotFoundError(`snapshot ${name} does not exist`);
      },
      remove: async (key: string, { namespace = '' }: CallContext = {}) => {
        if (this.parents.has(key)) throw new FailedPreconditionError('cannot remove snapshot with child');
        this.records.get(namespace)?.delete(key);
        this.removed.push(`${namespace} ${key}`);
      },
      walk: async function* (_request: object, call: CallContext) {
        for (const [key, behind] of records.get(call.namespace ?? '') ?? []) if (ask(behind)) yield snapshot(key);
      },
    };
    const { records } = this;
    const ask = (key: string) => this.#ask(key);
    // Nothing else is asked of it.
    return snapshotter as unknown as Snapshotter;
  }

  #collect(): void {
    for (const name of this.garbage) {
      const [namespace = '', key = ''] = name.split(' ');
      if (![...this.kept.values()].includes(key)) this.records.get(namespace)?.delete(key);
    }
  }

  /** Has the proxy look for a snapshot. */
  #ask(key: string): boolean {
    const seen: SeenStat = { snapshotter: 'overlayfs', key, there: this.backEnd.has(key) };
    if (this.asksUs) this.#stats.tell(seen);
    return seen.there;
  }
}

function pluginOf([id, address]: [string, string]): wireIntrospection.Plugin {
  const exports = new Map([['address', address]]);
  const type = 'io.containerd.snapshotter.v1';
  return { type, id, requires: [], platforms: [], exports, capabilities: [], initErr: undefined };
}
