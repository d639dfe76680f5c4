/** What the torture has to know of a back end: how its files lie on disk, and what its snapshots show. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { type FaultPoint, faultPoints } from '../../../src/base/index.js';
import type { Mount } from '../../../src/index.js';
import type { Need } from '../../support/needs/index.js';
import type { Entry } from '../ledger.js';

/** A snapshot whose id is known. */
export type Located = Entry & { readonly id: string };

/** See the head of this file. */
export interface TorturedBackEnd {
  readonly snapshotter: string;
  readonly needs: readonly Need[];
  /** What its root has to lie on; whatever the temporary folder lies on when absent. */
  readonly fileSystem?: 'btrfs' | 'xfs';
  /** TOML for its table in the configuration. */
  readonly settings?: string;
  /** Whether commits can write file lists. */
  readonly hasFileLists?: boolean;
  /** How the names of its own fault points begin. */
  readonly points: readonly string[];
  /** At most at which passing a life ends, for points that a load passes seldom. */
  readonly latest?: Readonly<Partial<Record<FaultPoint, number>>>;
  /** How many call at once, and how many snapshots each has before it removes more than it makes. */
  readonly callers: number;
  readonly enough: number;
  /** Whether the files of a snapshot are those of its parents as well. */
  readonly inherits: boolean;
  /** Whether the sizes of snapshots are limited, and to which of these. */
  readonly limits?: readonly number[];

  /** Once, before anything else is done: `root` is the directory of the driver, which is not there yet. */
  prepare?(root: string): Promise<void>;
  /** The id of an active snapshot or a view, by its mounts; undefined when they do not tell. */
  idOf(mounts: readonly Mount[]): string | undefined;
  /** How many inodes `usage` says that it has. */
  inodes(entry: Entry): number;
  /** Writes a file into an active snapshot, as a container would. */
  write(root: string, snapshot: Located, file: WrittenFile): Promise<void>;
  /** The files of a snapshot by their names, with what is in them. */
  read(root: string, snapshot: Located): Promise<ReadonlyMap<string, string>>;
  /** The size that an active snapshot is limited to; undefined where it cannot be told. */
  limitOf?(root: string, snapshot: Located): Promise<number | undefined>;
  /** Compares all that lies below the root, and all that is mounted from there, with what has to be there. */
  requireNothingElse(root: string, entries: ReadonlyMap<string, Entry>): Promise<void>;
}

/** A file that is written. */
export interface WrittenFile {
  readonly name: string;
  readonly content: string;
}

/** How the points begin that every back end passes. */
const common = ['ids.', 'create.', 'commit.', 'store.', 'remove.', 'cleanup.'];

/** The fault points of a back end alone. */
export function ownPointsOf({ points, limits }: Pick<TorturedBackEnd, 'points' | 'limits'>): readonly FaultPoint[] {
  const prefixes = [...points, ...(limits === undefined ? [] : ['limits.'])];
  return faultPoints.filter((point) => prefixes.some((prefix) => point.startsWith(prefix)));
}

/** The fault points that a daemon with this back end can pass. */
export function pointsOf(backEnd: Pick<TorturedBackEnd, 'points' | 'limits'>): readonly FaultPoint[] {
  const shared = faultPoints.filter((point) => common.some((prefix) => point.startsWith(prefix)));
  return [...shared, ...ownPointsOf(backEnd)];
}

/** Entries with ids. */
export function located(entries: ReadonlyMap<string, Entry>): Located[] {
  return [...entries.values()].flatMap((entry) => (entry.id === undefined ? [] : [{ ...entry, id: entry.id }]));
}

/** The list that each back end keeps of its layers, and what becomes it; they are there or not yet. */
const lists = ['layers', 'layers.new'];

/** The names in the directory of a back end, in order, without the list of its layers. */
export function namesInRoot(root: string): string[] {
  return namesIn(root).filter((name) => !lists.includes(name));
}

/** The names in a directory, in order; none when there is no such directory. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** The paths of all that is in a directory and in the directories in it, in order. */
export function twoLevels(directory: string): string[] {
  const inside = readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const below = entry.isDirectory() ? namesIn(path.join(directory, entry.name)) : [];
    return [entry.name, ...below.map((name) => `${entry.name}/${name}`)];
  });
  return inside.sort();
}
