import type { BackgroundErrors, CallContext, Info, Snapshotter } from '../snapshots/index.js';
import type { Store } from '../store/index.js';
import { metadataTable } from './tables.js';

/** Whose snapshots are compared with which records. */
export interface BackendStraysOptions {
  readonly store: Store;
  /** The name under which records stand. */
  readonly name: string;
  readonly snapshotter: Snapshotter;
  readonly errors: BackgroundErrors;
  /** Whether a key of the back end was reserved and is not recorded yet; such are left alone. */
  readonly isPending: (backendKey: string) => boolean;
}

const scanPage = 1000;

/** Snapshots of a remote back end that no record speaks of, as a crash between its call and the record leaves them. */
export class BackendStrays {
  readonly #options: BackendStraysOptions;

  constructor(options: BackendStraysOptions) {
    this.#options = options;
  }

  /**
   * Removes them, children first. One that will not go is reported, and the rest still goes. Costs a walk of the back
   * end and a reading of all records, in memory at once.
   */
  async remove(call: CallContext): Promise<void> {
    const { snapshotter, isPending } = this.#options;
    const infos: Info[] = [];
    for await (const info of snapshotter.walk({}, call)) infos.push(info);
    const known = this.#knownKeys();
    for (const { name } of childrenFirst(infos)) {
      if (!known.has(name) && !isPending(name)) await this.#removeStray(name, call);
    }
  }

  async #removeStray(backendKey: string, call: CallContext): Promise<void> {
    const { snapshotter, errors } = this.#options;
    try {
      await snapshotter.remove(backendKey, call);
    } catch (error) {
      // One that will not go must not keep the others; the next clean-up tries it again.
      errors.report(`remove the stray snapshot ${JSON.stringify(backendKey)}`, error);
    }
  }

  #knownKeys(): Set<string> {
    const { store, name } = this.#options;
    const known = new Set<string>();
    let after: readonly [string, string, string] | undefined;
    for (;;) {
      const range = { limit: scanPage, ...(after === undefined ? {} : { after }) };
      const page = store.read((tx) => [...tx.range(metadataTable, range)]);
      for (const { key, value } of page) if (key[1] === name) known.add(value.backendKey);
      if (page.length < scanPage) return known;
      after = page.at(-1)?.key;
    }
  }
}

function childrenFirst(infos: readonly Info[]): Info[] {
  const parents = new Map(infos.map((info) => [info.name, info.parent]));
  const depths = new Map<string, number>();
  const depthOf = (name: string): number => {
    const chain: string[] = [];
    let at: string | undefined = name;
    while (at !== undefined && at !== '' && !depths.has(at) && chain.length <= infos.length) {
      chain.push(at);
      at = parents.get(at);
    }
    let depth = depths.get(at ?? '') ?? 0;
    for (const link of chain.reverse()) depths.set(link, ++depth);
    return depths.get(name) ?? 0;
  };
  return [...infos].sort((a, b) => depthOf(b.name) - depthOf(a.name));
}
