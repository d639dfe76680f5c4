import type { Front, FrontedSnapshot, FrontRecord } from '../../check/index.js';
import { FailedPreconditionError, InvalidArgumentError, NotFoundError } from '../../errors/index.js';
import type { ContainerdClient } from '../../rpc/client/index.js';
import { type CallContext, noLabels, parseProxiedKey, type Snapshotter } from '../../snapshots/index.js';
import type { StatWatch } from './stat-watch.js';

/** What a containerd in front is asked with. */
export interface ContainerdFrontOptions {
  readonly address: string;
  readonly client: ContainerdClient;
  /** What it calls this daemon: the names of its proxy plugins. */
  readonly proxies: readonly string[];
  /** Shows what it asks this daemon for. */
  readonly stats: StatWatch;
}

/** A record of a snapshot, as the clients of containerd see it. */
interface Claim {
  readonly proxy: string;
  readonly snapshotter: Snapshotter;
  readonly key: string;
  readonly call: CallContext;
  /** Whether the snapshot is here. */
  readonly there: boolean;
}

/**
 * A containerd in front, seen from both sides. Its clients are told neither the keys that it gives to a proxy nor of snapshots
 * that the proxy has lost: its lists leave those out. But it asks the proxy for every record before it answers, so what it
 * has records of is what it asks for.
 */
export class ContainerdFront implements Front, AsyncDisposable {
  readonly #address: string;
  readonly #client: ContainerdClient;
  readonly #proxies: readonly string[];
  readonly #stats: StatWatch;
  /** The ids of containers, by the namespace and key of their snapshot. */
  #users: ReadonlyMap<string, readonly string[]> = new Map();

  constructor({ address, client, proxies, stats }: ContainerdFrontOptions) {
    this.#address = address;
    this.#client = client;
    this.#proxies = proxies;
    this.#stats = stats;
  }

  async records({ signal }: CallContext): Promise<readonly FrontRecord[]> {
    const seen = new Map<string, FrontRecord>();
    using _ = this.#stats.watch((stat) => void seen.set(`${stat.snapshotter}/${stat.key}`, stat));
    const users = new Map<string, string[]>();
    let listed = 0;
    for (const { name: namespace } of await this.#client.namespaces.list('', { signal })) {
      const call = { namespace, signal };
      for await (const { id, snapshotter, snapshotKey } of this.#client.containers(call)) {
        if (!this.#proxies.includes(snapshotter)) continue;
        const name = userKey(namespace, snapshotKey);
        users.set(name, [...(users.get(name) ?? []), id]);
      }
      for (const proxy of this.#proxies) {
        for await (const _info of this.#client.snapshotter(proxy).walk({}, call)) listed += 1;
      }
    }
    this.#users = users;
    const records = [...seen.values()].filter(({ key }) => parseProxiedKey(key) !== undefined);
    if (listed > 0 && records.length === 0) {
      const message = `the containerd at ${this.#address} has snapshots and did not ask this daemon for them`;
      throw new FailedPreconditionError(`${message}: another daemon serves it`);
    }
    return records;
  }

  async claims(snapshot: FrontedSnapshot, call: CallContext): Promise<boolean> {
    return (await this.#claimOf(snapshot, call)) !== undefined;
  }

  usersOf({ key }: Pick<FrontedSnapshot, 'key'>): readonly string[] {
    const proxied = parseProxiedKey(key);
    return proxied === undefined ? [] : (this.#users.get(userKey(proxied.namespace, proxied.key)) ?? []);
  }

  async forget(snapshot: FrontedSnapshot, call: CallContext): Promise<boolean> {
    const claim = await this.#claimOf(snapshot, call);
    if (claim === undefined || claim.there) return false;
    try {
      await claim.snapshotter.remove(claim.key, claim.call);
    } catch (error) {
      if (!(error instanceof FailedPreconditionError)) throw error;
      await this.#collect(claim);
      if (await this.claims(snapshot, call)) throw error;
    }
    return true;
  }

  /**
   * Has a record collected as garbage. containerd refuses to remove a snapshot that has children, and goes on counting a child that
   * it has collected; but a collection does not ask for children. What keeps a layer that nothing is based on is the image
   * that was unpacked to it, by a label of its content.
   */
  async #collect({ proxy, key, call }: Claim): Promise<void> {
    await this.#client.removeContentLabel({ key: `containerd.io/gc.ref.snapshot.${proxy}`, value: key }, call);
    const { id } = await this.#client.leases.create({}, call);
    await this.#client.leases.delete(id, { sync: true }, call);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }

  /** Its record of exactly this snapshot: asked for it, it asks this daemon for the same key. */
  async #claimOf(
    { snapshotter: local, key: given }: FrontedSnapshot,
    { signal }: CallContext,
  ): Promise<Claim | undefined> {
    const proxied = parseProxiedKey(given);
    if (proxied === undefined) return undefined;
    const { namespace, key } = proxied;
    const call = { namespace, signal };
    for (const proxy of this.#proxies) {
      const snapshotter = this.#client.snapshotter(proxy);
      await settle(snapshotter, key, call);
      let asked = false;
      using _ = this.#stats.watch((stat) => {
        asked ||= stat.snapshotter === local && stat.key === given;
      });
      const there = await isThere(snapshotter, key, call);
      if (asked) return { proxy, snapshotter, key, call, there };
    }
    return undefined;
  }
}

function userKey(namespace: string, snapshotKey: string): string {
  return `${namespace}/${snapshotKey}`;
}

async function isThere(snapshotter: Snapshotter, key: string, call: CallContext): Promise<boolean> {
  try {
    await snapshotter.stat(key, call);
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

/**
 * Waits for the changes that containerd has begun: it calls a proxy's Commit inside the write transaction of its database, and its
 * readers see the old records until the end of that. An update of a field that none can change is refused inside
 * such a transaction, after all earlier ones.
 */
async function settle(snapshotter: Snapshotter, name: string, call: CallContext): Promise<void> {
  try {
    await snapshotter.update({ name, labels: noLabels, fieldpaths: ['name'] }, call);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError || error instanceof NotFoundError)) throw error;
  }
}
