import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import {
  blockfileBackEnd,
  btrfsBackEnd,
  erofsBackEnd,
  nativeBackEnd,
  unmountBelow,
} from '../../../tests/support/checked-back-ends.js';
import { type CheckedBackEnd, type CheckedRoot, openCheckedBackEnd } from '../../../tests/support/checked-root.js';
import { blockfileDamages } from '../../../tests/support/damage/blockfile-damage.js';
import { btrfsDamages } from '../../../tests/support/damage/btrfs-damage.js';
import type { Damage } from '../../../tests/support/damage/damage.js';
import { devmapperDamages } from '../../../tests/support/damage/device-damage.js';
import { erofsDamages } from '../../../tests/support/damage/erofs-damage.js';
import { nativeDamages } from '../../../tests/support/damage/native-damage.js';
import { overlayDamages } from '../../../tests/support/damage/overlay-damage.js';
import { recordDamages } from '../../../tests/support/damage/record-damage.js';
import { tryDamage } from '../../../tests/support/damage/try-damage.js';
import { mountsBelow, whyNoErofs } from '../../../tests/support/erofs-root.js';
import { type LoopFileSystem, loopFileSystem, whyNoLoopFileSystem } from '../../../tests/support/loop-file-system.js';
import { blockfileChecker, erofsChecker } from '../../drivers/index.js';
import { deviceMapper } from '../../linux/index.js';
import type { DriverChecker } from '../../snapshots/index.js';
import { findingKinds } from '../findings/kinds.js';

interface Subject {
  readonly name: string;
  readonly damages: readonly Damage[];
  readonly open: (fileList: boolean) => CheckedBackEnd;
  readonly skip: string | false;
  /** The checker of a root without a driver. */
  readonly closed?: (root: string) => DriverChecker;
}

let btrfs: LoopFileSystem;
const noBtrfs = whyNoLoopFileSystem('btrfs');

before(async () => {
  if (noBtrfs === false) btrfs = await loopFileSystem({ type: 'btrfs', mountOptions: ['commit=1'] });
});

after(async () => {
  if (noBtrfs === false) await btrfs[Symbol.asyncDispose]();
});

const subjects: readonly Subject[] = [
  { name: 'native', damages: nativeDamages, open: (fileList) => nativeBackEnd({ fileList }), skip: false },
  { name: 'btrfs', damages: btrfsDamages, open: (fileList) => btrfsBackEnd({ fileList }), skip: noBtrfs },
  {
    name: 'blockfile',
    damages: blockfileDamages,
    open: (fileList) => blockfileBackEnd({ fileList }),
    skip: whyNoLoopFileSystem('ext4'),
    closed: (root) => blockfileChecker({ root, fsType: 'ext4', open: false }),
  },
  {
    name: 'erofs',
    damages: erofsDamages,
    open: (fileList) => erofsBackEnd({ fileList }),
    skip: whyNoErofs(),
    closed: (root) => erofsChecker({ root, loop: true }),
  },
];

async function openFor(t: TestContext, { name, open }: Subject, fileList: boolean): Promise<CheckedRoot> {
  const directory = mkdtempSync(path.join(name === 'btrfs' ? btrfs.path : tmpdir(), 'strata-check-'));
  let root: CheckedRoot | undefined;
  t.after(async () => {
    await unmountBelow(directory);
    await root?.[Symbol.asyncDispose]();
    if (name !== 'btrfs') rmSync(directory, { recursive: true, force: true });
  });
  root = await openCheckedBackEnd(open(fileList), directory);
  return root;
}

function withClosedChecker(root: CheckedRoot, { closed }: Subject): CheckedRoot {
  const snapshotters = root.subject.snapshotters.map((one) => ({ ...one, files: closed?.(root.root) }));
  return { ...root, subject: { ...root.subject, snapshotters } };
}

for (const subject of subjects) {
  describe(`repair of ${subject.name}`, { skip: subject.skip }, () => {
    for (const damage of subject.damages) {
      it(`finds and repairs ${damage.kind}: ${damage.name}`, async (t) => {
        const root = await openFor(t, subject, damage.fileList === true);
        await tryDamage(damage, damage.closed === true ? withClosedChecker(root, subject) : root);
        assert.deepEqual(mountsBelow(path.join(root.directory, 'lost+found')), [], 'what is taken away is unmounted');
      });
    }
  });
}

describe('the table of damages', () => {
  it('has every kind of finding', () => {
    const ofBackEnds = [...subjects.flatMap((subject) => subject.damages), ...devmapperDamages(deviceMapper)];
    const damages = [...recordDamages, ...overlayDamages, ...ofBackEnds];
    const tried = new Set(damages.map(({ kind }) => kind));
    const untried = Object.keys(findingKinds).filter((kind) => !tried.has(kind));
    const [broken, ...ofFront] = untried;
    assert.equal(broken, 'unreadable-file', 'which takes a broken disk');
    assert.deepEqual(ofFront, ['lost-snapshot', 'unclaimed-snapshot'], 'which take a containerd');
  });
});
