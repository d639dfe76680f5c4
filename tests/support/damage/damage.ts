/** Damage to a root, and a root to damage. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CheckedRoot, idOfSnapshot, pathOfSnapshot } from '../checked-root.js';

/** Snapshots to damage, by their keys. */
export interface Population {
  readonly base: Placed;
  readonly top: Placed;
  readonly work: Placed;
  readonly look: Placed;
  readonly lone: Placed;
}

/** Where a snapshot lies. */
export interface Placed {
  readonly key: string;
  readonly id: number;
  /** Its own directory. */
  readonly directory: string;
}

/** Two layers, an active snapshot and a view over them, and an active snapshot without a parent. */
export async function populate(root: CheckedRoot): Promise<Population> {
  const { snapshotter } = root;
  await snapshotter.prepare({ key: 'build' });
  await root.inTree('build', (tree) => writeFileSync(path.join(tree, 'file'), 'of the base'));
  await snapshotter.commit({ key: 'build', name: 'base' });
  await snapshotter.prepare({ key: 'build', parent: 'base' });
  await root.inTree('build', (tree) => {
    mkdirSync(path.join(tree, 'etc'));
    writeFileSync(path.join(tree, 'etc', 'file'), 'of the top');
  });
  await snapshotter.commit({ key: 'build', name: 'top' });
  await snapshotter.prepare({ key: 'work', parent: 'top' });
  await snapshotter.view({ key: 'look', parent: 'top' });
  await snapshotter.prepare({ key: 'lone' });
  // What commits leave behind is gone then.
  await snapshotter.cleanup();
  const place = (key: string) => placeOf(root, key);
  return { base: place('base'), top: place('top'), work: place('work'), look: place('look'), lone: place('lone') };
}

function placeOf(root: CheckedRoot, key: string): Placed {
  return { key, id: idOfSnapshot(root, key), directory: pathOfSnapshot(root, key) };
}

/** Damage of one kind, and what a repair leaves of it. */
export interface Damage {
  readonly kind: string;
  readonly name: string;
  readonly make: (root: CheckedRoot, there: Population) => Promise<void> | void;
  /** Kinds that come with it. */
  readonly also?: readonly string[];
  /** What is left after a repair that drops descendants too; nothing when absent. */
  readonly left?: readonly string[];
  /** Keys that are gone after the repair. */
  readonly gone?: readonly (keyof Population)[];
  /** What the lines that may have changed besides begin with. */
  readonly changes?: string;
  /** Paths that may have changed besides. */
  readonly touches?: RegExp;
  /** Is looked for only where no driver is open. */
  readonly closed?: boolean;
  /** Whether the repair leaves everything as it was before the damage. */
  readonly heals?: boolean;
  /** Needs layers with file lists. */
  readonly fileList?: boolean;
  /** Can be made by root only. */
  readonly root?: boolean;
}
