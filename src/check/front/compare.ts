import { type CallContext, parseProxiedKey } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import { type Found, found, quoted } from '../scan/found.js';
import { findRecorded, type Recorded, recordedPages } from '../scan/recorded.js';
import type { Front, FrontedSnapshot } from './front.js';

/** What is compared with each other. */
export interface FrontComparison {
  readonly store: Store;
  readonly front: Front;
  readonly call: CallContext;
}

/**
 * Compares the records of a containerd in front with those here. Snapshots come and go meanwhile: what is missing on one side
 * is looked for again, by itself, before it is told.
 */
export async function* compareWithFront({ store, front, call }: FrontComparison): AsyncGenerator<Found> {
  // Read first, so that whatever is made afterwards is not missed at containerd.
  const ours = await proxiedSnapshots(store, call);
  const theirs = await front.records(call);
  for (const record of childrenFirst(theirs.filter(({ there }) => !there))) {
    if (await front.claims(record, call)) yield lost(record, front);
  }
  const claimed = new Set(theirs.map(nameOf));
  for (const one of ours) {
    if (claimed.has(nameOf(one)) || (await front.claims(one, call))) continue;
    if (store.read((tx) => findRecorded(tx, one.id)?.key === one.key)) yield unclaimed(one);
  }
}

async function proxiedSnapshots(store: Store, { signal }: CallContext): Promise<Recorded[]> {
  const proxied: Recorded[] = [];
  for await (const { recorded } of recordedPages(store, () => undefined, signal)) {
    proxied.push(...recorded.filter(({ namespace }) => namespace === ''));
  }
  return proxied;
}

function nameOf({ snapshotter, key }: FrontedSnapshot): string {
  return `${snapshotter}/${key}`;
}

/** Snapshots of a containerd in front, those that are based on others before those. Others than its are left out. */
export function childrenFirst<Snapshot extends { readonly key: string }>(snapshots: readonly Snapshot[]): Snapshot[] {
  const numberOf = ({ key }: Snapshot): number => parseProxiedKey(key)?.number ?? 0;
  return snapshots.filter((one) => numberOf(one) > 0).sort((a, b) => numberOf(b) - numberOf(a));
}

/** The containers that use snapshots, as the end of a sentence; empty for none. */
export function usedBy(front: Front, snapshots: readonly { readonly key: string }[]): string {
  const users = [...new Set(snapshots.flatMap((one) => front.usersOf(one)))];
  if (users.length === 0) return '';
  const names = users.map(quoted).join(', ');
  return users.length === 1 ? `; the container ${names} uses it` : `; the containers ${names} use it`;
}

function lost({ snapshotter, key }: FrontedSnapshot, front: Front): Found {
  const message = `containerd has a record of it, and it is not here${usedBy(front, [{ key }])}`;
  return found('lost-snapshot', { type: 'front', snapshot: { snapshotter, key } }, { snapshotter, key, message });
}

function unclaimed({ snapshotter, key, id }: Recorded): Found {
  const message = 'containerd has no record of it, and collects it as garbage';
  return found(
    'unclaimed-snapshot',
    { type: 'front', snapshot: { snapshotter, key } },
    { snapshotter, key, id, message },
  );
}
