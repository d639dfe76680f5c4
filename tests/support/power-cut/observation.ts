import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Info, Snapshotter } from '../../../src/index.js';
import { digestOf } from './content.js';

/** The label that the load sets, and whose value must survive. */
export const loadLabel = 'strata.test/load';

/** The label with the directory of a snapshot's files, which the daemon is told to show. */
const directoryLabel = 'containerd.io/snapshot/overlay.upperdir';

/** A snapshot as it is found. */
export interface Observed {
  readonly kind: string;
  readonly parent: string;
  readonly label?: string;
  /** Over the content of a committed layer. */
  readonly digest?: string;
  readonly files: 'there' | 'missing';
}

/** All that is found after a start. */
export interface Observation {
  readonly snapshots: readonly (readonly [name: string, observed: Observed])[];
  /** Directories without a record that are there after a clean-up. */
  readonly strays: readonly string[];
}

/** What is reported after a start. */
export interface Report extends Observation {
  /** What `strata check --deep` found; empty when it found nothing, and when it was not run. */
  readonly findings: string;
}

/** Looks at every snapshot, has the daemon clean up, and looks for what is left over. */
export async function observe(snapshotter: Snapshotter, directory: string): Promise<Observation> {
  const snapshots: [string, Observed][] = [];
  const wanted = new Set<string>();
  for await (const info of snapshotter.walk()) {
    const files = info.labels.get(directoryLabel) ?? '';
    wanted.add(path.basename(path.dirname(files)));
    snapshots.push([info.name, observed(info, files)]);
  }
  await snapshotter.cleanup();
  const strays = (await readdir(directory)).filter((name) => !wanted.has(name));
  return { snapshots, strays };
}

function observed({ kind, parent, labels }: Info, files: string): Observed {
  const label = labels.get(loadLabel);
  const there = existsSync(files);
  return {
    kind,
    parent,
    files: there ? 'there' : 'missing',
    ...(label === undefined ? {} : { label }),
    ...(there && kind === 'committed' ? { digest: digestOf(files) } : {}),
  };
}
