import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type CheckRequest,
  type CheckSubject,
  type CheckSummary,
  check,
  type Finding,
  type RepairAction,
} from '../check/index.js';
import { type OverlayOptions, openOverlayDriver } from '../drivers/index.js';
import { LocalBackend, metadataTables, NamespacedSnapshotter } from '../metadata/index.js';
import { GuardedSnapshotter, LocalSnapshotter, type Snapshotter, snapshotTables } from '../snapshots/index.js';
import { type Key, openLmdbStore, type ReadTransaction, type Store, type Table } from '../store/index.js';

/** A store and a namespaced overlay snapshotter in a directory of their own, for tests that damage them. */
export interface CheckedRoot extends AsyncDisposable {
  readonly directory: string;
  readonly store: Store;
  /** Works in the namespace `default`. */
  readonly snapshotter: Snapshotter;
  readonly subject: CheckSubject;
  /** Where the directories of the snapshots lie. */
  readonly snapshots: string;
  /** Every record and every path below the snapshots, as lines of text that can be compared. */
  image(): string[];
}

const tables = [...snapshotTables, ...metadataTables];

/** Opens one. Disposing of it closes everything and deletes the directory. */
export async function openCheckedRoot(options: Omit<OverlayOptions, 'root'> = {}): Promise<CheckedRoot> {
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-check-'));
  const root = path.join(directory, 'overlayfs');
  const store = await openLmdbStore({ path: path.join(directory, 'store'), tables });
  const driver = await openOverlayDriver({ root, readyDirectories: 0, ...options });
  const local = await LocalSnapshotter.open({ name: 'overlayfs', store, driver });
  const backend = new LocalBackend({ store, snapshotter: local });
  const namespaced = new NamespacedSnapshotter({ name: 'overlayfs', backend, snapshotter: local });
  const snapshotter = new GuardedSnapshotter(namespaced, { defaults: { namespace: 'default' } });
  const snapshots = path.join(root, 'snapshots');
  const subject: CheckSubject = {
    store,
    namespaced: true,
    live: true,
    snapshotters: [{ name: 'overlayfs', files: driver.checker, isBusy: (id) => local.isBusy(id) }],
    lostAndFound: () => path.join(directory, 'lost+found'),
  };
  return {
    directory,
    store,
    snapshotter,
    subject,
    snapshots,
    image: () => [...recordLines(store), ...fileLines(snapshots)],
    async [Symbol.asyncDispose]() {
      try {
        await snapshotter.close();
        await store.close();
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
  };
}

/** What came of a check. */
export interface CheckOutcome {
  readonly findings: readonly Finding[];
  /** After a repair. */
  readonly left: readonly Finding[];
  readonly actions: readonly RepairAction[];
  readonly summary: CheckSummary;
}

/** Checks a root to the end. */
export async function runCheck(
  { subject }: Pick<CheckedRoot, 'subject'>,
  request: CheckRequest,
): Promise<CheckOutcome> {
  const findings: Finding[] = [];
  const left: Finding[] = [];
  const actions: RepairAction[] = [];
  for await (const event of check(subject, request)) {
    if (event.type === 'finding') findings.push(event.finding);
    else if (event.type === 'left') left.push(event.finding);
    else if (event.type === 'action') actions.push(event.action);
    else return { findings, left, actions, summary: event.summary };
  }
  throw new Error('the check ended without a summary');
}

function recordLines(store: Store): string[] {
  return store.read((tx) =>
    tables.flatMap((table: Table<Key, unknown>) =>
      [...tx.keys(table)].map((key) => `${table.name} ${JSON.stringify(key)} ${valueText(tx, table, key)}`),
    ),
  );
}

function valueText(tx: ReadTransaction, table: Table<Key, unknown>, key: Key): string {
  try {
    return JSON.stringify(tx.get(table, key), (_, part) => (part instanceof Map ? [...part] : part));
  } catch {
    return 'unreadable';
  }
}

function fileLines(directory: string, above = ''): string[] {
  return readdirSync(path.join(directory, above))
    .sort()
    .flatMap((entry) => {
      const name = path.join(above, entry);
      const stats = lstatSync(path.join(directory, name));
      const { mode, uid, gid, size, ino } = stats;
      const line = `${name} ${mode.toString(8)} ${uid}:${gid} ${size} ${ino}`;
      return stats.isDirectory() ? [line, ...fileLines(directory, name)] : [line];
    });
}
