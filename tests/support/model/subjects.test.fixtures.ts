import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openOverlayDriver } from '../../../src/drivers/index.js';
import {
  type CallContext,
  type Driver,
  type DriverSnapshot,
  LocalSnapshotter,
  NamespacedSnapshotter,
  type Snapshotter,
  type Usage,
} from '../../../src/snapshots/index.js';
import { MemoryDriver } from '../memory-driver.js';
import { temporaryStore } from '../store.js';
import type { Profile } from './model.js';

/** A snapshotter to compare with the model. */
export interface Subject extends AsyncDisposable {
  readonly snapshotter: Snapshotter;
  /** The names in the place of snapshots. */
  readonly onDisk: () => Promise<readonly string[]>;
}

/** What a subject is made of. */
export interface SubjectOptions {
  readonly profile: Profile;
  readonly driver: 'memory' | 'overlay';
}

/** Every combination. */
export const allSubjects: readonly SubjectOptions[] = [
  { profile: 'local', driver: 'memory' },
  { profile: 'namespaced', driver: 'memory' },
  { profile: 'local', driver: 'overlay' },
  { profile: 'namespaced', driver: 'overlay' },
];

/** Opens an empty one. */
export async function openSubject({ profile, driver: kind }: SubjectOptions): Promise<Subject> {
  const root = await mkdtemp(path.join(tmpdir(), 'strata-model-'));
  const { store, ...temporary } = await temporaryStore();
  const driver = kind === 'memory' ? new WaveringDriver() : await openOverlay(root);
  const local = await LocalSnapshotter.open({ name: kind, store, driver });
  const namespaced = new NamespacedSnapshotter(local);
  return {
    snapshotter: profile === 'local' ? local : namespaced,
    async onDisk() {
      const names: string[] = [];
      for await (const name of driver.ids()) names.push(name);
      return names;
    },
    async [Symbol.asyncDispose]() {
      await local.close();
      await temporary[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** On a machine where overlay works, whatever this one is: nothing is mounted here. */
function openOverlay(root: string): Promise<Driver> {
  return openOverlayDriver({
    root: path.join(root, 'overlay'),
    readyDirectories: 8,
    durability: 'none',
    facts: {
      kernel: { major: 6, minor: 1 },
      inUserNamespace: false,
      hasIndexOption: true,
      fileSystemMagic: () => 0xef53,
      supportsDirectoryTypes: () => true,
      mountsWithUserXattr: async () => false,
      mountsWithMappedIds: async () => true,
    },
  });
}

/** A memory driver whose work takes now one turn of the event loop and now another, so that calls overtake each other. */
class WaveringDriver extends MemoryDriver {
  override async create(snapshot: DriverSnapshot, call: CallContext): Promise<void> {
    await waver();
    await super.create(snapshot, call);
    await waver();
  }

  override async seal(snapshot: DriverSnapshot, call: CallContext): Promise<Usage> {
    await waver();
    return super.seal(snapshot, call);
  }
}

async function waver(): Promise<void> {
  for (let turns = Math.floor(Math.random() * 4); turns > 0; turns--) await new Promise(setImmediate);
}
