import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FakeChecker, problemOf } from '../../../tests/support/fake-checker.js';
import { insertOf, type RowToBe, storeOf } from '../../../tests/support/snapshot-rows.js';
import { CanceledError, InternalError, UnavailableError } from '../../errors/index.js';
import type { DriverChecker } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { CheckAction, CheckSubject } from '../findings/types.js';
import { examine, newTally } from '../scan/examine.js';
import type { Found } from '../scan/found.js';
import { type PlannedStep, planRepair } from './plan.js';
import { performStep } from './repair.js';

/** A root with files of some snapshots, which a fake checker looks at. */
interface Bench {
  readonly directory: string;
  readonly files: FakeChecker;
  readonly subject: CheckSubject;
  readonly store: Store;
  /** Finds everything, and gives the plan of its repair. */
  plan(): Promise<readonly PlannedStep[]>;
  perform(step: PlannedStep | undefined): Promise<CheckAction>;
  /** What is in lost+found, by what it is called there. */
  lost(): string[];
}

async function bench(t: TestContext, rows: readonly RowToBe[], names: readonly string[]): Promise<Bench> {
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-repair-'));
  const temporary = await storeOf(rows);
  t.after(async () => {
    await temporary[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  const { store } = temporary;
  const files = new FakeChecker(names);
  files.pathsOf = (name) => [path.join(directory, name)];
  for (const name of names) mkdirSync(path.join(directory, name));
  const subject: CheckSubject = {
    store,
    live: true,
    snapshotters: [{ name: 'overlayfs', files, isBusy: () => false }],
    lostAndFound: () => path.join(directory, 'lost+found'),
  };
  return {
    directory,
    files,
    subject,
    store,
    async plan() {
      const founds: Found[] = [];
      for await (const found of examine({ subject, level: 'normal', call: {}, tally: newTally() })) founds.push(found);
      return planRepair(subject, founds, { dropDescendants: true });
    },
    async perform(step) {
      assert.ok(step, 'there is a step');
      return performStep(subject, step, {});
    },
    lost() {
      const place = path.join(directory, 'lost+found');
      return existsSync(place) ? readdirSync(place).map((name) => name.replace(/^.*Z-/, '')) : [];
    },
  };
}

const skipped = { state: 'skipped', reason: 'it is not as it was found any more' };
const outcome = ({ state, reason }: CheckAction) => ({ state, reason });

describe('a step of a repair', () => {
  it('has the back end put right what it called so, of the snapshot as it is now', async (t) => {
    const { files, plan, perform, store } = await bench(t, [{ id: 1, kind: 'active' }], ['1']);
    files.problems.set('1', () => [problemOf('wrong-mode', { repairable: true })]);
    const [step] = await plan();
    await store.write((tx) => tx.run({ sql: "UPDATE snapshots SET kind = 'committed'" }));
    assert.deepEqual(outcome(await perform(step)), { state: 'done', reason: undefined });
    assert.deepEqual(files.asked.at(-1), 'repair 1 wrong-mode');
    assert.deepEqual(await plan(), []);
  });

  it('is skipped when the snapshot is gone, or the back end finds nothing any more', async (t) => {
    const { files, plan, perform, store } = await bench(t, [{ id: 1, kind: 'active' }], ['1']);
    files.problems.set('1', () => [problemOf('wrong-mode', { repairable: true })]);
    const [step] = await plan();
    files.canRepair = false;
    assert.deepEqual(outcome(await perform(step)), skipped);
    await store.write((tx) => tx.run({ sql: 'DELETE FROM snapshots' }));
    files.canRepair = true;
    assert.deepEqual(outcome(await perform(step)), skipped);
  });

  it('tells why it failed, and the next one goes on', async (t) => {
    const { files, plan, perform } = await bench(t, [{ id: 1 }], ['1', '77']);
    files.problems.set('1', () => [problemOf('wrong-mode', { repairable: true })]);
    files.repair = () => {
      throw new InternalError('no space left on device');
    };
    const [mode, stray] = await plan();
    assert.deepEqual(outcome(await perform(mode)), { state: 'failed', reason: 'no space left on device: internal' });
    assert.equal((await perform(stray)).state, 'done');
  });

  it('throws when its signal is aborted', async (t) => {
    const { plan, subject } = await bench(t, [], ['77']);
    const [step] = await plan();
    assert.ok(step);
    const call = { signal: AbortSignal.abort(new CanceledError('enough')) };
    await assert.rejects(performStep(subject, step, call), CanceledError);
  });

  it('moves what is left over in a snapshot, if it still is', async (t) => {
    const { directory, files, plan, perform, lost } = await bench(t, [{ id: 1 }], ['1']);
    const left = path.join(directory, '1', 'image.new');
    writeFileSync(left, '');
    files.problems.set('1', () => [problemOf('leftover', { path: left, repairable: true })]);
    const [step] = await plan();
    const problems = files.problems.get('1');
    files.problems.clear();
    assert.deepEqual(outcome(await perform(step)), skipped);
    assert.ok(existsSync(left));
    files.problems.set('1', problems ?? (() => []));
    assert.equal((await perform(step)).state, 'done');
    assert.deepEqual([existsSync(left), lost()], [false, ['image.new']]);
  });

  it('puts right what lies beside the snapshots, if it is still so', async (t) => {
    const { directory, files, plan, perform, lost } = await bench(t, [], ['scratch']);
    files.names.clear();
    const scratch = path.join(directory, 'scratch');
    const problems = [
      problemOf('stray-mount', { repairable: true }),
      problemOf('damaged-scratch', { path: scratch, repairable: true }),
    ];
    files.placeProblems = () => problems;
    const [mount, image] = await plan();
    assert.equal((await perform(image)).state, 'done');
    assert.deepEqual([existsSync(scratch), lost()], [false, ['scratch']]);
    assert.equal((await perform(mount)).state, 'done');
    assert.equal(files.asked.at(-1), 'repair place stray-mount /nowhere/stray-mount');
    assert.deepEqual(outcome(await perform(mount)), skipped);
  });

  it('releases and moves what has no record, unless it has one by then', async (t) => {
    const { directory, files, plan, perform, lost, store } = await bench(t, [], ['77', '78']);
    const released: string[] = [];
    const [first, second] = await plan();
    const checker: DriverChecker = files;
    checker.letGo = async (name) => {
      released.push(`${name} ${existsSync(path.join(directory, name))}`);
    };
    assert.equal((await perform(first)).state, 'done');
    assert.deepEqual([released, lost()], [['77 true'], ['77']]);
    await store.write((tx) => tx.run({ sql: insertOf([{ id: 78 }]) }));
    assert.deepEqual(outcome(await perform(second)), skipped);
    assert.ok(existsSync(path.join(directory, '78')));
  });

  it('looks again for a record when it has let go', async (t) => {
    const { directory, files, plan, perform, store } = await bench(t, [], ['77']);
    const [step] = await plan();
    const checker: DriverChecker = files;
    checker.letGo = async () => void (await store.write((tx) => tx.run({ sql: insertOf([{ id: 77 }]) })));
    assert.deepEqual(outcome(await perform(step)), skipped);
    assert.ok(existsSync(path.join(directory, '77')));
  });

  it("notes the device that it makes nobody's", async (t) => {
    const { directory, files, plan, perform } = await bench(t, [], ['77']);
    const [step] = await plan();
    const checker: DriverChecker = files;
    checker.forget = async (name) => ({ pool: 'thin', device: Number(name) });
    assert.equal((await perform(step)).state, 'done');
    const [kept = ''] = readdirSync(path.join(directory, 'lost+found'));
    const { device } = JSON.parse(readFileSync(path.join(directory, 'lost+found', kept, 'whence.json'), 'utf8'));
    assert.deepEqual(device, { pool: 'thin', device: 77 });
  });

  it('drops a layer with what is based on it, and notes what was recorded of each', async (t) => {
    const rows: RowToBe[] = [{ id: 1, key: 'base' }, { id: 2, parent: 1, kind: 'active' }, { id: 3 }];
    const { directory, files, plan, perform, lost, store } = await bench(t, rows, ['1', '2', '3']);
    files.problems.set('1', () => [problemOf('damaged-image')]);
    const [step] = await plan();
    assert.equal((await perform(step)).state, 'done');
    assert.deepEqual(lost().sort(), ['1', '2']);
    const place = path.join(directory, 'lost+found');
    const records = readdirSync(place).map((name) => {
      return JSON.parse(readFileSync(path.join(place, name, 'whence.json'), 'utf8')).record;
    });
    assert.deepEqual(records.map(({ id, key, parent }) => [id, key, parent]).sort(), [
      [1, 'base', null],
      [2, 'key-2', 1],
    ]);
    assert.deepEqual(
      store.read((tx) => tx.all({ sql: 'SELECT id FROM snapshots' })),
      [{ id: 3 }],
    );
  });

  it('drops nothing of a layer that is whole by then', async (t) => {
    const { files, plan, perform, lost } = await bench(t, [{ id: 1 }], ['1']);
    files.problems.set('1', () => [problemOf('damaged-image')]);
    const [step] = await plan();
    files.problems.clear();
    assert.deepEqual(outcome(await perform(step)), skipped);
    assert.deepEqual(lost(), []);
  });

  it('puts everything back when something that was not planned is based on the layer by then', async (t) => {
    const { directory, files, plan, perform, lost, store } = await bench(t, [{ id: 1 }], ['1']);
    files.problems.set('1', () => [problemOf('damaged-image')]);
    const [step] = await plan();
    await store.write((tx) => tx.run({ sql: insertOf([{ id: 2, parent: 1 }]) }));
    assert.deepEqual(outcome(await perform(step)), skipped);
    assert.deepEqual([existsSync(path.join(directory, '1')), lost()], [true, []]);
  });

  it('puts everything back when the record cannot be deleted', async (t) => {
    const { directory, files, plan, subject, lost, store } = await bench(t, [{ id: 1 }], ['1']);
    files.problems.set('1', () => [problemOf('damaged-image')]);
    const [step] = await plan();
    assert.ok(step);
    const failing: Store = Object.assign(Object.create(store), {
      read: store.read.bind(store),
      write: () => Promise.reject(new UnavailableError('the disk has failed')),
    });
    const action = await performStep({ ...subject, store: failing }, step, {});
    assert.deepEqual(outcome(action), { state: 'failed', reason: 'the disk has failed: unavailable' });
    assert.deepEqual([existsSync(path.join(directory, '1')), lost()], [true, []]);
  });
});
