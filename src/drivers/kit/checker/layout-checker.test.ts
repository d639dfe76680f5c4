import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { CanceledError, NotFoundError } from '../../../errors/index.js';
import { type CheckedFiles, noContext } from '../../../snapshots/index.js';
import { contentAt } from './content.js';
import { type CheckedLayout, layoutChecker } from './layout-checker.js';

/** Snapshots with a directory and one in it, of which a layer takes what is measured. */
function setUp(t: TestContext, more: Partial<CheckedLayout> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'strata-layout-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const checker = layoutChecker({
    places: [root],
    pathsOf: (id) => [join(root, id)],
    layerPath: (id) => join(root, id),
    wanted: ({ id }) => [
      { path: join(root, id), type: 'directory', missing: 'missing-directory', mode: 0o700, remake: 0o700 },
      { path: join(root, id, 'fs'), type: 'directory', missing: 'missing-files-directory', mode: 0o755, remake: 0o755 },
    ],
    measure: async () => ({ size: 0, inodes: 2 }),
    content: async ({ id }) => contentAt(join(root, id, 'fs'), join(root, id, 'list')),
    ...more,
  });
  const make = (id: string) => {
    mkdirSync(join(root, id), { mode: 0o700 });
    mkdirSync(join(root, id, 'fs'));
    chmodSync(join(root, id, 'fs'), 0o755);
  };
  return { root, checker, make };
}

const committed = (of: Partial<CheckedFiles> = {}): CheckedFiles => ({
  id: '1',
  kind: 'committed',
  parentIds: [],
  usage: { size: 0, inodes: 2 },
  ...of,
});

describe('layoutChecker', () => {
  it('lists what lies in all places once, and says when there is no such place', async (t) => {
    const { root, checker, make } = setUp(t);
    for (const id of ['1', '2']) make(id);
    const twice = layoutChecker({ ...emptyLayout, places: [root, root] });
    for (const each of [checker, twice]) assert.deepEqual((await Array.fromAsync(each.ids())).sort(), ['1', '2']);
    const nowhere = layoutChecker({ ...emptyLayout, places: [join(root, 'nowhere')] });
    await assert.rejects(Array.fromAsync(nowhere.ids()), NotFoundError);
  });

  it('looks closer at each level, and no closer at what is not there', async (t) => {
    const { root, checker, make } = setUp(t);
    const kinds = async (level: 'quick' | 'normal' | 'deep', of: Partial<CheckedFiles> = {}) =>
      (await checker.inspect(committed(of), level, noContext)).problems.map(({ kind }) => kind);
    assert.deepEqual(await kinds('deep'), ['missing-directory']);
    make('1');
    assert.deepEqual(await kinds('deep'), []);
    chmodSync(join(root, '1', 'fs'), 0o700);
    writeFileSync(join(root, '1', 'list'), 'damaged');
    const usage = { size: 0, inodes: 3 };
    assert.deepEqual(await kinds('quick', { usage }), []);
    assert.deepEqual(await kinds('normal', { usage }), ['wrong-mode', 'usage-differs']);
    assert.deepEqual(await kinds('normal', { usage, kind: 'active' }), ['wrong-mode']);
    assert.deepEqual(await kinds('deep', { usage }), ['wrong-mode', 'usage-differs', 'unreadable-file-list']);
  });

  it('puts right what can be, once', async (t) => {
    const { root, checker, make } = setUp(t);
    const repair = async () => {
      const { problems } = await checker.inspect(committed(), 'normal', noContext);
      const done = [];
      for (const problem of problems) done.push(await checker.repair(committed(), problem));
      return { problems, done };
    };
    assert.deepEqual((await repair()).done, [true]);
    chmodSync(join(root, '1', 'fs'), 0o700);
    const { problems, done } = await repair();
    assert.deepEqual(done, [true]);
    assert.deepEqual((await repair()).problems, []);
    for (const problem of problems) assert.equal(await checker.repair(committed(), problem), false);
    make('2');
  });

  it('says what cannot be measured, and stops when it is aborted', async (t) => {
    const measure = () => Promise.reject(new Error('EIO'));
    const { checker, make } = setUp(t, { measure });
    make('1');
    const { problems } = await checker.inspect(committed(), 'normal', noContext);
    assert.deepEqual(
      problems.map(({ kind, message }) => [kind, message]),
      [['unreadable-file', 'EIO']],
    );
    const call = { signal: AbortSignal.abort() };
    await assert.rejects(checker.inspect(committed(), 'quick', call), CanceledError);
  });
});

const emptyLayout: CheckedLayout = {
  places: ['/'],
  pathsOf: () => [],
  layerPath: () => '/',
  wanted: () => [],
  content: async () => contentAt('/', '/'),
};
