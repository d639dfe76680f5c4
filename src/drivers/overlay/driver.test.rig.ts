/** What the tests of this back end share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Driver, type DriverSnapshot, labelsOf, noLabels } from '../../snapshots/index.js';
import { type OverlayFacts, type OverlayOptions, openOverlayDriver } from './index.js';

/** A machine on which everything works, whatever this one is. */
export const facts: OverlayFacts = {
  kernel: { major: 6, minor: 1 },
  inUserNamespace: false,
  hasIndexOption: true,
  fileSystemMagic: () => 0xef53,
  supportsDirectoryTypes: () => true,
  requireOverlay: async () => undefined,
  mountsWithUserXattr: async () => false,
  mountsWithMappedIds: async () => true,
  sharesBlocks: async () => false,
  projectQuota: () => ({ quota: undefined, reason: 'there is no project quota' }),
};

/** What a driver is opened with. */
export type Options = Omit<OverlayOptions, 'root' | 'facts'> & { readonly facts?: Partial<OverlayFacts> };

/** A driver whose files go with the test. */
export async function open(t: TestContext, options: Options = {}): Promise<Driver> {
  const place = mkdtempSync(join(tmpdir(), 'strata-overlay-'));
  const root = join(place, 'root');
  let driver: Driver | undefined;
  t.after(async () => {
    await driver?.close();
    rmSync(place, { recursive: true, force: true });
  });
  driver = await openOverlayDriver({ root, ...options, facts: { ...facts, ...options.facts } });
  return driver;
}

/** A snapshot, active and without parents unless it is said. */
export const snapshot = (of: Partial<DriverSnapshot>): DriverSnapshot => ({
  id: '9',
  kind: 'active',
  parentIds: [],
  labels: noLabels,
  ...of,
});

/** Labels that map both kinds of ids. */
export const maps = labelsOf({
  'containerd.io/snapshot/uidmapping': '0:1000:10',
  'containerd.io/snapshot/gidmapping': '0:2000:10',
});

/** Mounts by kind and parents, with `<r>` for the place of snapshots. */
export const mountCases: readonly {
  readonly name: string;
  readonly of: Partial<DriverSnapshot>;
  readonly options?: Options;
  readonly want: readonly string[];
}[] = [
  { name: 'active without parents', of: {}, want: ['bind', '<r>/9/fs', 'rw', 'rbind'] },
  { name: 'view without parents', of: { kind: 'view' }, want: ['bind', '<r>/9/fs', 'ro', 'rbind'] },
  { name: 'view over one', of: { kind: 'view', parentIds: ['4'] }, want: ['bind', '<r>/4/fs', 'ro', 'rbind'] },
  {
    name: 'active over one',
    of: { parentIds: ['4'] },
    want: ['overlay', 'overlay', 'workdir=<r>/9/work', 'upperdir=<r>/9/fs', 'lowerdir=<r>/4/fs', 'index=off'],
  },
  {
    name: 'view over two',
    of: { kind: 'view', parentIds: ['4', '2'] },
    want: ['overlay', 'overlay', 'lowerdir=<r>/4/fs:<r>/2/fs', 'index=off'],
  },
  {
    name: 'active with id maps, further options and userxattr',
    of: { parentIds: ['4'], labels: maps },
    options: { mountOptions: ['volatile'], facts: { inUserNamespace: true } },
    want: [
      'overlay',
      'overlay',
      'uidmap=0:1000:10',
      'gidmap=0:2000:10',
      'workdir=<r>/9/work',
      'upperdir=<r>/9/fs',
      'lowerdir=<r>/4/fs',
      'volatile',
      'userxattr',
      'index=off',
    ],
  },
  {
    name: 'bind mounts take id maps and no further options',
    of: { labels: maps },
    options: { mountOptions: ['volatile'] },
    want: ['bind', '<r>/9/fs', 'uidmap=0:1000:10', 'gidmap=0:2000:10', 'rw', 'rbind'],
  },
  {
    name: 'no id maps on a kernel that cannot',
    of: { labels: maps },
    options: { facts: { mountsWithMappedIds: async () => false } },
    want: ['bind', '<r>/9/fs', 'rw', 'rbind'],
  },
  {
    name: 'index as configured',
    of: { kind: 'view', parentIds: ['4', '2'] },
    options: { mountOptions: ['index=on'] },
    want: ['overlay', 'overlay', 'lowerdir=<r>/4/fs:<r>/2/fs', 'index=on'],
  },
  {
    name: 'no index where the kernel does not know it',
    of: { kind: 'view', parentIds: ['4', '2'] },
    options: { facts: { hasIndexOption: false } },
    want: ['overlay', 'overlay', 'lowerdir=<r>/4/fs:<r>/2/fs'],
  },
];
