/** A daemon that answers what a test tells it to, for tests of what commands ask and print. */
import type { Tools } from '../../src/cli/io.js';
import { NotFoundError, type StrataError } from '../../src/errors/index.js';
import type {
  CheckpointRequest,
  ClientNamespace,
  ConnectOptions,
  EventEnvelope,
  ForkOutcome,
  ForkRequest,
  Image,
  Images,
  ImportProgress,
  PluginDescription,
  StrataClient,
  TreeChange,
} from '../../src/rpc/client/index.js';
import { checkedLabels } from '../../src/snapshots/api/index.js';
import type {
  CallContext,
  Collection,
  CommitRequest,
  CreateRequest,
  Info,
  Kept,
  LabelValues,
  Lease,
  LeaseResource,
  Mount,
  NewLease,
  Snapshotter,
  UpdateRequest,
  Usage,
  WalkRequest,
} from '../../src/snapshots/index.js';
import { type Ran, runInProcess, type Surroundings } from './run-cli.js';

/** The time that counts as now for the commands. */
export const now = new Date('2026-07-31T12:00:00.000Z');

/** The label with which commands keep what they make. */
export const rootLabel = ['containerd.io/gc.root', '2026-07-31T12:00:00Z'] as const;

/** A snapshot: committed, an hour old, without parent and labels, but for what is given. */
export function snapshot(name: string, changes: Partial<Info> = {}): Info {
  const created = new Date('2026-07-31T11:00:00.000Z');
  return { name, parent: '', kind: 'committed', created, updated: created, labels: new Map(), ...changes };
}

function metadata(proxy: boolean): PluginDescription {
  const exports = new Map([['proxy', String(proxy)]]);
  return { type: 'io.containerd.metadata.v1', id: 'sqlite', requires: [], platforms: [], exports, capabilities: [] };
}

/** What commands see of a daemon. Everything that is asked of it is noted. */
export class FakeDaemon {
  readonly snapshots: Info[] = [];
  readonly usages = new Map<string, Usage>();
  readonly namespaces: ClientNamespace[] = [];
  readonly plugins: PluginDescription[] = [];
  readonly events: EventEnvelope[] = [];
  readonly images: Image[] = [];
  /** What is told while an image is imported. */
  readonly progress: ImportProgress[] = [];
  readonly leases: Lease[] = [];
  readonly changes: TreeChange[] = [];
  /** Why forks could not be made, by their keys. */
  readonly forkErrors = new Map<string, StrataError>();
  collection: Collection = { snapshots: [], skipped: [], leases: 0, milliseconds: 0 };
  kept: Kept = { by: [] };
  /** The chunks of a backup. */
  readonly backup: Uint8Array[] = [];
  /** How any snapshot is mounted. */
  mounts: readonly Mount[] = [{ type: 'bind', source: '/s/1/fs', target: '', options: ['rw', 'rbind'] }];
  revision = '';
  /** What calls fail with: by method (`usage`), or method and name (`usage work`). */
  readonly failures = new Map<string, Error>();
  /** Each call that was made: the method and its arguments. */
  readonly asked: (readonly unknown[])[] = [];
  /** Whether a containerd in front has the snapshots. */
  proxy = false;
  /** What came with the last call. */
  lastCall: CallContext | undefined;
  /** How it was connected to; a command does so at most once. */
  readonly connections: ConnectOptions[] = [];
  /** Which snapshotter was asked for. */
  snapshotter: string | undefined;
  /** How many connections were closed. */
  closed = 0;

  /** Runs a command against this daemon. */
  run(args: readonly string[], { tools, ...surroundings }: Partial<Surroundings> = {}): Promise<Ran> {
    const connect: Tools['connect'] = async (options) => {
      this.connections.push(options);
      return this.#client();
    };
    return runInProcess(args, { ...surroundings, tools: { connect, now: () => now, ...tools } });
  }

  #note(method: string, args: readonly unknown[], call: CallContext | undefined): void {
    this.asked.push([method, ...args]);
    this.lastCall = call;
    const failure = this.failures.get(method) ?? this.failures.get(`${method} ${args[0]}`);
    if (failure !== undefined) throw failure;
  }

  #find(name: string): Info {
    const found = this.snapshots.find((info) => info.name === name);
    if (found === undefined) throw new NotFoundError(`snapshot ${name} does not exist`);
    return found;
  }

  #client(): StrataClient {
    const client = {
      snapshotter: (name?: string) => {
        this.snapshotter = name;
        return this.#snapshotter();
      },
      namespaces: this.#namespaces(),
      events: { subscribe: (filters: readonly string[], call: CallContext) => this.#subscribe(filters, call) },
      maintenance: {
        backup: (call: CallContext) => this.#backup(call),
        why: async (snapshot: object, call: CallContext) => {
          this.#note('why', [snapshot], call);
          return this.kept;
        },
        collect: async (options: object, call: CallContext) => {
          this.#note('collect', [options], call);
          return this.collection;
        },
      },
      leases: this.#leases(),
      images: this.#images(),
      workspaces: this.#workspaces(),
      pluginInfo: async (plugin: object, call: CallContext) => {
        this.#note('pluginInfo', [plugin], call);
        return { exports: new Map([['name', 'overlayfs']]) };
      },
      plugins: async (filters: readonly string[], call: CallContext) => {
        // Whether a containerd is in front is asked before every change.
        if (filters.some((filter) => filter.includes('io.containerd.metadata.v1'))) return [metadata(this.proxy)];
        this.#note('plugins', [filters], call);
        return this.plugins;
      },
      version: async (call: CallContext) => {
        this.#note('version', [], call);
        return { version: '1.2.3', revision: this.revision };
      },
      server: async (call: CallContext) => {
        this.#note('server', [], call);
        return { uuid: 'f00d', pid: 42, pidns: 1 };
      },
      close: async () => {
        this.closed += 1;
      },
      [Symbol.asyncDispose]: async () => {
        this.closed += 1;
      },
    };
    // Commands ask for nothing else.
    return client as unknown as StrataClient;
  }

  #images(): Images {
    return {
      import: async ({ onProgress, ...request }, call) => {
        this.#note('import', [request], call);
        for (const progress of this.progress) onProgress?.(progress);
        this.#note('imported', [], call);
        return this.images;
      },
      list: async (call) => {
        this.#note('images', [], call);
        return this.images;
      },
      inspect: async (name, call) => {
        this.#note('inspect', [name], call);
        const image = this.images.find((each) => each.name === name);
        if (image === undefined) throw new NotFoundError(`image ${JSON.stringify(name)}`);
        return { ...image, chain: ['sha256:0', image.snapshot], mediaType: 'm', manifest: '{}', config: '{}' };
      },
      remove: async (name, call) => this.#note('removeImage', [name], call),
    };
  }

  #snapshotter(): Snapshotter {
    const create = (method: string) => async (request: CreateRequest, call?: CallContext) => {
      this.#note(method, [request], call);
      return this.mounts;
    };
    const snapshotter = {
      prepare: create('prepare'),
      view: create('view'),
      mounts: async (key: string, call?: CallContext) => {
        this.#note('mounts', [key], call);
        return this.mounts;
      },
      commit: async (request: CommitRequest, call?: CallContext) => this.#note('commit', [request], call),
      update: async (request: UpdateRequest, call?: CallContext) => {
        this.#note('update', [request], call);
        const info = this.#find(request.name);
        return { ...info, labels: changed(info.labels, request.labels) };
      },
      stat: async (key: string, call?: CallContext) => {
        this.#note('stat', [key], call);
        return this.#find(key);
      },
      usage: async (key: string, call?: CallContext) => {
        this.#note('usage', [key], call);
        return this.usages.get(key) ?? { size: 4096, inodes: 1 };
      },
      walk: ({ filters }: WalkRequest = {}, call?: CallContext) => this.#walk(filters, call),
      remove: async (key: string, call?: CallContext) => this.#note('remove', [key], call),
    };
    return snapshotter as unknown as Snapshotter;
  }

  #workspaces() {
    return {
      changes: (request: object, call: CallContext) => this.#changes(request, call),
      checkpoint: async (request: CheckpointRequest, call: CallContext) => {
        this.#note('checkpoint', [request], call);
        return { name: request.name ?? `${request.key}@now`, parent: '', created: now, isNew: true };
      },
      checkpoints: async (request: object, call: CallContext) => {
        this.#note('checkpoints', [request], call);
        return [{ name: 'one', parent: 'base', created: now, isNew: false }];
      },
      fork: async (request: ForkRequest, call: CallContext): Promise<ForkOutcome[]> => {
        this.#note('fork', [request], call);
        return request.keys.map((key) => {
          const error = this.forkErrors.get(key);
          return { key, parent: 'one', ...(error === undefined ? {} : { error }) };
        });
      },
      rollback: async (request: object, call: CallContext) => this.#note('rollback', [request], call),
    };
  }

  async *#changes(request: object, call: CallContext): AsyncGenerator<TreeChange> {
    this.#note('changes', [request], call);
    yield* this.changes;
  }

  #leases() {
    const made = { created: now, labels: new Map() };
    return {
      create: async (lease: NewLease, call: CallContext) => {
        this.#note('createLease', [lease], call);
        return { ...made, id: lease.id === '' ? 'made-up' : lease.id };
      },
      delete: async (id: string, options: object, call: CallContext) => this.#note('deleteLease', [id, options], call),
      list: async (filters: readonly string[], call: CallContext) => {
        this.#note('listLeases', [filters], call);
        return this.leases;
      },
      addResource: async (id: string, resource: LeaseResource, call: CallContext) =>
        this.#note('addResource', [id, resource], call),
      deleteResource: async (id: string, resource: LeaseResource, call: CallContext) =>
        this.#note('deleteResource', [id, resource], call),
      listResources: async (id: string, call: CallContext) => {
        this.#note('listResources', [id], call);
        return [{ type: 'snapshots/overlayfs', id: 'base' }];
      },
    };
  }

  #namespaces() {
    return {
      list: async (filter: string | undefined, call: CallContext) => {
        this.#note('list', [filter], call);
        return this.namespaces;
      },
      get: async (name: string, call: CallContext) => {
        this.#note('get', [name], call);
        return { name, labels: this.namespaces.find((each) => each.name === name)?.labels ?? new Map() };
      },
      create: async (namespace: ClientNamespace, call: CallContext) => this.#note('create', [namespace], call),
      update: async (update: ClientNamespace, call: CallContext) => {
        this.#note('update', [update], call);
        return { name: update.name, labels: changed(new Map(), update.labels) };
      },
      delete: async (name: string, call: CallContext) => this.#note('delete', [name], call),
    };
  }

  async *#walk(filters: readonly string[] | undefined, call: CallContext | undefined): AsyncGenerator<Info> {
    this.#note('walk', [filters], call);
    yield* this.snapshots;
  }

  async *#subscribe(filters: readonly string[], call: CallContext): AsyncGenerator<EventEnvelope> {
    this.#note('subscribe', [filters], call);
    yield* this.events;
  }

  async *#backup(call: CallContext): AsyncGenerator<Uint8Array> {
    yield* this.backup;
    // Where a backup fails it has often begun.
    this.#note('backup', [], call);
  }
}

/** Labels after a change, in which an empty value deletes. */
function changed(labels: Info['labels'], given: LabelValues | undefined): Info['labels'] {
  const changes = checkedLabels(given);
  return new Map([...labels, ...changes].filter(([key]) => changes.get(key) !== ''));
}
