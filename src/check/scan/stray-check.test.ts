import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FakeChecker, problemOf } from '../../../tests/support/fake-checker.js';
import { storeOf } from '../../../tests/support/snapshot-rows.js';
import { CanceledError } from '../../errors/index.js';
import type { CallContext } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import { checkPlace, checkStrays, isExpected, pathsThere } from './stray-check.js';

const idle = () => false;

async function straysOf(
  store: Store,
  files: FakeChecker,
  { isBusy = idle, call = {} }: { readonly isBusy?: (id: string) => boolean; readonly call?: CallContext } = {},
) {
  return checkStrays({ store, snapshotter: { name: 'overlayfs', files, isBusy }, files, call });
}

async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-strays-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

describe('checkStrays', () => {
  it('finds what has no record, by what its name is', async () => {
    await using temporary = await storeOf([{ id: 1 }, { id: 2, snapshotter: 'native' }]);
    const strays = await straysOf(temporary.store, new FakeChecker(['1', '2', '3', 'notes', '007']));
    assert.deepEqual(
      strays.map(({ kind, finding: { id, message }, place }) => [kind, id, message, place]),
      [
        ['orphan-directory', '2', 'it has no record', { type: 'stray', name: '2' }],
        ['orphan-directory', '3', 'it has no record', { type: 'stray', name: '3' }],
        ['foreign-entry', undefined, 'its name is no id', { type: 'stray', name: 'notes' }],
        ['foreign-entry', undefined, 'its name is no id', { type: 'stray', name: '007' }],
      ],
    );
  });

  it('says why it could not be deleted so far', async () => {
    await using temporary = await storeOf([]);
    const files = new FakeChecker(['3', 'notes']);
    const whyUndeleted = (id: string) => `${id} is busy`;
    const snapshotter = { name: 'overlayfs', files, isBusy: idle, whyUndeleted };
    const strays = await checkStrays({ store: temporary.store, snapshotter, files, call: {} });
    assert.deepEqual(
      strays.map(({ finding }) => finding.message),
      [
        'it has no record, and could not be deleted so far: 3 is busy',
        'its name is no id, and could not be deleted so far: notes is busy',
      ],
    );
  });

  it('names the first path that is there', async (t) => {
    await using temporary = await storeOf([]);
    const directory = await temporaryDirectory(t);
    const files = new FakeChecker(['3', '4']);
    files.pathsOf = (name) => ['a', 'b'].map((each) => path.join(directory, each, name));
    mkdirSync(path.join(directory, 'b', '3'), { recursive: true });
    const strays = await straysOf(temporary.store, files);
    assert.deepEqual(
      strays.map(({ finding }) => finding.path),
      [path.join(directory, 'b', '3'), undefined],
    );
  });

  it('does not report files that are being made, or deleted', async () => {
    await using temporary = await storeOf([]);
    const isBusy = (id: string) => id === '3';
    assert.deepEqual(await straysOf(temporary.store, new FakeChecker(['3']), { isBusy }), []);
  });

  it('does not report files whose record comes between the looks', async () => {
    await using temporary = await storeOf([]);
    const { store } = temporary;
    const files = new FakeChecker(['3']);
    const record = { sql: "INSERT INTO snapshots VALUES (3, 'overlayfs', '', 'k', 'active', NULL, '', 1, 1, 0, 0)" };
    void store.write((tx) => tx.run(record));
    assert.deepEqual(await straysOf(store, files), []);
  });

  it('does not report files whose record has just gone, and which are busy only when its removal is answered', async () => {
    await using temporary = await storeOf([]);
    const { store } = temporary;
    let answered = false;
    const changing: Store = Object.assign(Object.create(store), {
      read: store.read.bind(store),
      write: async (...args: Parameters<Store['write']>) => {
        await store.write(...args);
        answered = true;
      },
    });
    assert.deepEqual(await straysOf(changing, new FakeChecker(['3']), { isBusy: () => answered }), []);
  });

  it('does not report what is gone at the second look', async () => {
    await using temporary = await storeOf([]);
    const files = new FakeChecker(['3']);
    files.ids = async function* () {
      yield* [...files.names];
      files.names.clear();
    };
    assert.deepEqual(await straysOf(temporary.store, files), []);
  });

  it('stops when its signal is aborted', async () => {
    await using temporary = await storeOf([]);
    const call = { signal: AbortSignal.abort(new CanceledError('enough')) };
    await assert.rejects(straysOf(temporary.store, new FakeChecker(['3']), { call }), CanceledError);
  });
});

describe('isExpected', () => {
  it('is what is recorded of this snapshotter, or busy', async () => {
    await using temporary = await storeOf([{ id: 1 }, { id: 2, snapshotter: 'native' }]);
    const snapshotter = { name: 'overlayfs', files: undefined, isBusy: (id: string) => id === 'new-5' };
    const expected = ['1', '2', '3', '01', 'new-5'].map((name) => isExpected(temporary.store, snapshotter, name));
    assert.deepEqual(expected, [true, false, false, false, true]);
  });
});

describe('pathsThere', () => {
  it('gives those of the paths that are there, links to nothing too', async (t) => {
    const directory = await temporaryDirectory(t);
    mkdirSync(path.join(directory, 'b'));
    const files = new FakeChecker();
    files.pathsOf = () => ['a', 'b', 'c'].map((name) => path.join(directory, name));
    assert.deepEqual(pathsThere(files, '3'), [path.join(directory, 'b')]);
  });
});

describe('checkPlace', () => {
  it('reports what is wrong both times, and looks once where nothing is', async () => {
    const files = new FakeChecker();
    assert.deepEqual(await checkPlace('overlayfs', files, 'quick'), []);
    assert.deepEqual(files.asked, ['inspect place quick']);
    const mount = problemOf('stray-mount', { repairable: true });
    files.placeProblems = (time) =>
      time === 2 ? [mount, problemOf('leftover')] : [mount, problemOf('leftover')].slice(0, 1);
    const found = await checkPlace('overlayfs', files, 'normal');
    assert.deepEqual(
      found.map(({ kind, remedy, place, finding: { snapshotter } }) => [kind, remedy, place, snapshotter]),
      [['stray-mount', 'unmount', { type: 'place', problem: mount }, 'overlayfs']],
    );
  });

  it('leaves to a person what cannot be put right', async () => {
    const files = new FakeChecker();
    files.placeProblems = () => [problemOf('damaged-scratch')];
    assert.deepEqual(
      (await checkPlace('overlayfs', files, 'normal')).map(({ remedy }) => remedy),
      ['none'],
    );
  });

  it('has nothing to say where the back end has nothing beside its snapshots', async () => {
    const { inspectPlace: _, ...files } = new FakeChecker();
    assert.deepEqual(await checkPlace('overlayfs', { ...files, ...bare }, 'normal'), []);
  });
});

const bare = {
  ids: () => new FakeChecker().ids(),
  pathsOf: () => [],
  inspect: async () => ({ problems: [] }),
  repair: () => false,
};
