import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FaultPoints, noFaults } from '../../src/base/index.js';
import {
  type CheckAction,
  type CheckFinding,
  type CheckOptions,
  type CheckSubject,
  type CheckSummary,
  check,
} from '../../src/check/index.js';
import { type OverlayOptions, openOverlayDriver } from '../../src/drivers/index.js';
import {
  type Driver,
  LocalSnapshotter,
  type Mount,
  NamespacedSnapshotter,
  SnapshotRecords,
  SnapshotService,
  type Snapshotter,
} from '../../src/snapshots/index.js';
import { type Statement, type Store, statement } from '../../src/store/index.js';
import { openStoreAt } from './store.js';

/** A back end to check: how it is opened, and how its trees are written to. */
export interface CheckedBackEnd {
  readonly name: string;
  open(root: string, store: Store): Promise<Driver>;
  /** Gives the tree of an active snapshot, of these mounts and with its files at a path, to be written to. */
  inTree(
    snapshot: { readonly mounts: readonly Mount[]; readonly path: string },
    work: (tree: string) => void,
  ): Promise<void>;
  /** Where what is compared lies, below its root. */
  readonly shown: string;
}

/** A store and a namespaced snapshotter in a directory of their own, for tests that damage them. */
export interface CheckedRoot extends AsyncDisposable {
  /** The name of the snapshotter. */
  readonly name: string;
  readonly directory: string;
  readonly store: Store;
  /** Works in the namespace `default`. */
  readonly snapshotter: Snapshotter;
  /** The snapshotter below it. */
  readonly local: LocalSnapshotter;
  readonly subject: CheckSubject;
  /** Where the files of the snapshotter lie. */
  readonly root: string;
  /** Where the directories of the snapshots lie. */
  readonly snapshots: string;
  /** Writes to the tree of an active snapshot. */
  inTree(key: string, work: (tree: string) => void): Promise<void>;
  /** Every record and every path below the snapshots, as lines of text that can be compared. */
  image(): string[];
}

/** The overlay back end. */
export function overlayBackEnd(options: Omit<OverlayOptions, 'root'> = {}): CheckedBackEnd {
  return {
    name: 'overlayfs',
    open: (root) => openOverlayDriver({ root, readyDirectories: 0, ...options }),
    inTree: async ({ path: directory }, work) => work(path.join(directory, 'fs')),
    shown: 'snapshots',
  };
}

/** Opens one over overlay. Disposing of it closes everything and deletes the directory. */
export async function openCheckedRoot(options: Omit<OverlayOptions, 'root'> = {}): Promise<CheckedRoot> {
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-check-'));
  const root = await openCheckedBackEnd(overlayBackEnd(options), directory);
  return {
    ...root,
    async [Symbol.asyncDispose]() {
      try {
        await root[Symbol.asyncDispose]();
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
  };
}

/** Opens one in an empty directory, which stays when it is disposed of. */
export async function openCheckedBackEnd(
  backEnd: CheckedBackEnd,
  directory: string,
  faults: FaultPoints = noFaults,
): Promise<CheckedRoot> {
  const { name } = backEnd;
  const root = path.join(directory, name);
  const store = await openStoreAt(path.join(directory, 'store'));
  const driver = await backEnd.open(root, store);
  const local = await LocalSnapshotter.open({ name, store, driver, faults });
  const snapshotter = new SnapshotService(new NamespacedSnapshotter(local), {
    complete: (call) => ({ namespace: 'default', ...call }),
  });
  const snapshots = path.join(root, 'snapshots');
  const subject: CheckSubject = {
    store,
    live: true,
    snapshotters: [{ name, files: driver.checker, isBusy: (id) => local.isBusy(id) }],
    lostAndFound: () => path.join(directory, 'lost+found'),
  };
  const inTree: CheckedRoot['inTree'] = async (key, work) => {
    const mounts = await snapshotter.mounts(key);
    await backEnd.inTree({ mounts, path: pathOfSnapshot({ name, store, subject }, key) }, work);
  };
  return {
    name,
    directory,
    store,
    snapshotter,
    local,
    subject,
    root,
    snapshots,
    inTree,
    image: () => [...recordLines(store), ...fileLines(path.join(root, backEnd.shown))],
    async [Symbol.asyncDispose]() {
      await snapshotter.close();
      await store.close();
    },
  };
}

/** The id of a snapshot, by its key in the namespace `default`. */
export function idOfSnapshot({ name, store }: Pick<CheckedRoot, 'name' | 'store'>, key: string): number {
  const record = store.read((tx) => new SnapshotRecords(name).find(tx, { namespace: 'default', key }));
  if (record === undefined) throw new Error(`no snapshot ${key}`);
  return record.id;
}

/** The first of the paths of a snapshot that is there, or would be. */
export function pathOfSnapshot(root: Pick<CheckedRoot, 'name' | 'store' | 'subject'>, key: string): string {
  const paths = root.subject.snapshotters[0]?.files?.pathsOf(String(idOfSnapshot(root, key))) ?? [];
  return paths.find((each) => existsSync(each)) ?? paths[0] ?? '';
}

/** What came of a check. */
export interface CheckOutcome {
  readonly findings: readonly CheckFinding[];
  /** What was told that is not wrong. */
  readonly notes: readonly CheckFinding[];
  /** After a repair. */
  readonly left: readonly CheckFinding[];
  readonly actions: readonly CheckAction[];
  readonly summary: CheckSummary;
}

/** Checks a root to the end. */
export async function runCheck(
  { subject }: Pick<CheckedRoot, 'subject'>,
  options: CheckOptions,
): Promise<CheckOutcome> {
  const findings: CheckFinding[] = [];
  const left: CheckFinding[] = [];
  const notes: CheckFinding[] = [];
  const actions: CheckAction[] = [];
  for await (const event of check(subject, options)) {
    if (event.type === 'finding') findings.push(event.finding);
    else if (event.type === 'left') left.push(event.finding);
    else if (event.type === 'action') actions.push(event.action);
    else if (event.type === 'note') notes.push(event.finding);
    else return { findings, notes, left, actions, summary: event.summary };
  }
  throw new Error('the check ended without a summary');
}

const tables = statement<{ name: string }>(
  "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
);
const contents = new Map<string, Statement<object>>();

/** All rows of a table. A statement is prepared for as long as its store is open. */
function contentOf(table: string): Statement<object> {
  const known = contents.get(table) ?? statement<object>(`SELECT * FROM ${table}`);
  contents.set(table, known);
  return known;
}

function recordLines(store: Store): string[] {
  return store.read((tx) =>
    tx.all(tables).flatMap(({ name }) => tx.all(contentOf(name)).map((row) => `${name} ${JSON.stringify(row)}`)),
  );
}

function fileLines(directory: string, above = ''): string[] {
  return readdirSync(path.join(directory, above))
    .sort()
    .flatMap((entry) => {
      const name = path.join(above, entry);
      const stats = lstatSync(path.join(directory, name));
      const { mode, uid, gid, size, ino } = stats;
      // The size of a directory is the file system's own affair.
      const line = `${name} ${mode.toString(8)} ${uid}:${gid} ${stats.isDirectory() ? '' : size} ${ino}`;
      return stats.isDirectory() ? [line, ...fileLines(directory, name)] : [line];
    });
}
