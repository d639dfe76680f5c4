/** What the process does that `kill-points.test.ts` kills, step by step, and what must be there after each. */
import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CheckEvent } from '../../../tests/support/over-driver.js';
import { InternalError } from '../../errors/index.js';
import { type TemporaryMount, temporaryMount } from '../../linux/index.js';
import { type Kind, labelsOf, maxSizeLabel, type Snapshotter } from '../../snapshots/index.js';

const MIB = 2 ** 20;

/** A snapshot that must be there. */
export interface Expected {
  readonly kind: Kind;
  readonly parent: string;
  /** What it shows: contents by names. */
  readonly files: ReadonlyMap<string, string>;
  /** In bytes; undefined where no limit is set. */
  readonly limit: number | undefined;
  /** A label that says how often it was changed. */
  readonly rev: string;
}

/** All snapshots that must be there, by their keys and names. */
export type State = ReadonlyMap<string, Expected>;

/** What steps work with. */
export interface World {
  readonly snapshotter: Snapshotter;
  /** Where snapshots are mounted, as a container has them. */
  readonly directory: string;
  /** What is mounted, by keys. */
  readonly mounted: Map<string, TemporaryMount>;
  /** Reads every layer. */
  check(): AsyncIterable<CheckEvent>;
}

/** One thing that a client does. A process that is killed in it leaves the state before it or the state after it. */
export interface Step {
  readonly name: string;
  run(world: World): Promise<unknown>;
  after(state: State): State;
}

/** Where clients mount, below the place of a test. */
export function mountsOf(directory: string): string {
  const mounts = path.join(directory, 'mounts');
  mkdirSync(mounts, { recursive: true });
  return mounts;
}

interface Creation {
  readonly key: string;
  readonly parent?: string;
  readonly mebibytes?: number;
}

function labelled(mebibytes: number | undefined) {
  return labelsOf(mebibytes === undefined ? {} : { [maxSizeLabel]: String(mebibytes * MIB) });
}

function created(kind: Kind, { key, parent = '', mebibytes }: Creation): Step['after'] {
  const limit = mebibytes === undefined ? undefined : mebibytes * MIB;
  return (state) => {
    const files = state.get(parent)?.files ?? new Map<string, string>();
    return new Map(state).set(key, { kind, parent, files, limit, rev: '' });
  };
}

function prepare(creation: Creation): Step {
  const { key, parent = '', mebibytes } = creation;
  return {
    name: `prepare ${key}`,
    run: ({ snapshotter }) => snapshotter.prepare({ key, parent, labels: labelled(mebibytes) }),
    after: created('active', creation),
  };
}

function view(key: string, parent: string): Step {
  return {
    name: `view ${key}`,
    run: ({ snapshotter }) => snapshotter.view({ key, parent }),
    after: created('view', { key, parent }),
  };
}

/** Two calls for one key, of which one is refused when its files are there already. */
function prepareTwice(key: string, parent: string): Step {
  return {
    name: `prepare ${key} twice`,
    run: ({ snapshotter }) => {
      const one = () => snapshotter.prepare({ key, parent });
      return Promise.allSettled([one(), one()]);
    },
    after: created('active', { key, parent }),
  };
}

function changed(key: string, change: (entry: Expected) => Partial<Expected>): Step['after'] {
  return (state) => {
    const entry = state.get(key);
    return entry === undefined ? state : new Map(state).set(key, { ...entry, ...change(entry) });
  };
}

/** Leaves it mounted. */
function write(key: string, file: string): Step {
  const content = `${key} ${file}`;
  return {
    name: `write ${key}`,
    run: async ({ snapshotter, directory, mounted }) => {
      const mount = await temporaryMount(await snapshotter.mounts(key), { directory });
      mounted.set(key, mount);
      await writeFile(path.join(mount.path, file), content);
    },
    after: changed(key, ({ files }) => ({ files: new Map(files).set(file, content) })),
  };
}

function unmount(key: string): Step {
  return {
    name: `unmount ${key}`,
    run: async ({ mounted }) => mounted.get(key)?.[Symbol.asyncDispose](),
    after: (state) => state,
  };
}

function commit(key: string, name: string): Step {
  return {
    name: `commit ${name}`,
    run: ({ snapshotter }) => snapshotter.commit({ key, name }),
    after: (state) => {
      const entry = state.get(key);
      const rest = new Map([...state].filter(([other]) => other !== key));
      // A layer has no limit: its labels are those of the commit.
      return entry === undefined ? state : rest.set(name, { ...entry, kind: 'committed', limit: undefined });
    },
  };
}

function remove(key: string): Step {
  return {
    name: `remove ${key}`,
    run: ({ snapshotter }) => snapshotter.remove(key),
    after: (state) => new Map([...state].filter(([other]) => other !== key)),
  };
}

function limit(name: string, mebibytes: number): Step {
  return {
    name: `limit ${name}`,
    run: ({ snapshotter }) =>
      snapshotter.update({ name, labels: labelled(mebibytes), fieldpaths: [`labels.${maxSizeLabel}`] }),
    after: changed(name, () => ({ limit: mebibytes * MIB })),
  };
}

function label(name: string, rev: string): Step {
  return {
    name: `label ${name}`,
    run: ({ snapshotter }) => snapshotter.update({ name, labels: labelsOf({ rev }), fieldpaths: ['labels.rev'] }),
    after: changed(name, () => ({ rev })),
  };
}

const cleanup: Step = {
  name: 'clean up',
  run: ({ snapshotter }) => snapshotter.cleanup(),
  after: (state) => state,
};

const lookDeep: Step = {
  name: 'look',
  run: async ({ check }) => {
    for await (const { type } of check()) if (type === 'finding') throw new InternalError('something is wrong');
  },
  after: (state) => state,
};

/** Everything that a driver of thin devices is asked for, and in each way that it goes about it. */
export const steps: readonly Step[] = [
  prepare({ key: 'a' }),
  write('a', 'below'),
  // Of what is mounted: it is suspended, to be written out, and stays activated. What commits leave to be done in the
  // background is waited for, so that each life passes the same points in the same steps.
  commit('a', 'base'),
  cleanup,
  prepare({ key: 'b', parent: 'base' }),
  unmount('a'),
  write('b', 'above'),
  unmount('b'),
  commit('b', 'top'),
  cleanup,
  prepareTwice('c', 'top'),
  label('top', 'changed'),
  lookDeep,
  view('v', 'top'),
  remove('v'),
  prepare({ key: 'large', parent: 'top', mebibytes: 64 }),
  limit('large', 80),
  write('large', 'more'),
  // While it is mounted.
  limit('large', 96),
  unmount('large'),
  limit('large', 72),
  commit('large', 'larger'),
  cleanup,
  prepare({ key: 'small', mebibytes: 32 }),
  remove('small'),
  remove('larger'),
  cleanup,
];
