import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeChecker, problemOf } from '../../../tests/support/fake-checker.js';
import { storeOf } from '../../../tests/support/snapshot-rows.js';
import { FailedPreconditionError, InternalError, NotFoundError } from '../../errors/index.js';
import type { DriverChecker } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { CheckSubject } from '../findings/types.js';
import { examine, newTally, type Tally } from './examine.js';
import type { Found } from './found.js';

function subjectOf(store: Store, files: Readonly<Record<string, DriverChecker | undefined>>): CheckSubject {
  return {
    store,
    live: true,
    snapshotters: Object.entries(files).map(([name, checker]) => ({ name, files: checker, isBusy: () => false })),
    lostAndFound: () => '/nowhere',
  };
}

async function examined(subject: CheckSubject): Promise<{ readonly founds: Found[]; readonly tally: Tally }> {
  const tally = newTally();
  const founds: Found[] = [];
  for await (const found of examine({ subject, level: 'deep', call: {}, tally })) founds.push(found);
  return { founds, tally };
}

describe('examine', () => {
  it('goes from the records to the files, and to what has no record', async () => {
    await using temporary = await storeOf([{ id: 1, namespace: 'unknown' }, { id: 2, updated: 0 }, { id: 5000 }]);
    const files = new FakeChecker(['1', '2', '77', '5000']);
    files.problems.set('1', () => [problemOf('wrong-mode')]);
    files.placeProblems = () => [problemOf('stray-mount')];
    const { founds } = await examined(subjectOf(temporary.store, { overlayfs: files }));
    assert.deepEqual(
      founds.map(({ kind, finding: { id } }) => [kind, id]),
      [
        ['missing-namespace', undefined],
        ['id-beyond-reserved', '5000'],
        ['wrong-times', '2'],
        ['wrong-mode', '1'],
        ['orphan-directory', '77'],
        ['stray-mount', undefined],
      ],
    );
  });

  it('has each snapshot looked at by its own snapshotter, and counts', async () => {
    await using temporary = await storeOf([
      { id: 1 },
      { id: 2, snapshotter: 'native' },
      { id: 3, snapshotter: 'devmapper' },
      { id: 4, snapshotter: 'zfs' },
      { id: 5, snapshotter: 'btrfs' },
    ]);
    const [overlayfs, native, devmapper] = [new FakeChecker(['1']), new FakeChecker(['2']), new FakeChecker(['3'])];
    overlayfs.more = { compared: true };
    native.more = { compared: false };
    devmapper.more = { unread: true };
    const subject = subjectOf(temporary.store, { overlayfs, native, devmapper, btrfs: undefined });
    const { founds, tally } = await examined(subject);
    assert.deepEqual(founds, []);
    assert.deepEqual(tally, {
      snapshots: 5,
      compared: 1,
      withoutFileList: 1,
      unseen: new Set(['zfs', 'btrfs']),
      unread: new Set(['devmapper']),
    });
    assert.deepEqual(
      [overlayfs, native].map(({ asked }) => asked),
      [
        ['inspect 1 deep', 'inspect place deep'],
        ['inspect 2 deep', 'inspect place deep'],
      ],
    );
  });

  it('takes a snapshots directory that is gone for a fault of the disk, unless nothing is recorded in it', async () => {
    await using temporary = await storeOf([{ id: 1 }]);
    const gone = new FakeChecker();
    // biome-ignore lint/correctness/useYield: it has nothing to give.
    gone.ids = async function* () {
      throw new NotFoundError('directory /s/snapshots');
    };
    await assert.rejects(examined(subjectOf(temporary.store, { overlayfs: gone })), (error) => {
      assert.ok(error instanceof FailedPreconditionError);
      assert.match(error.message, /^all files of the snapshotter overlayfs are gone \(directory \/s\/snapshots\)/);
      return true;
    });
    const others = subjectOf(temporary.store, { native: gone, overlayfs: new FakeChecker(['1']) });
    assert.deepEqual((await examined(others)).founds, []);
  });

  it('passes on why the directory cannot be listed', async () => {
    await using temporary = await storeOf([]);
    const broken = new FakeChecker();
    // biome-ignore lint/correctness/useYield: it has nothing to give.
    broken.ids = async function* () {
      throw new InternalError('it is broken');
    };
    await assert.rejects(examined(subjectOf(temporary.store, { overlayfs: broken })), InternalError);
  });
});
