import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { AlreadyExistsError, CanceledError, FailedPreconditionError, NotFoundError } from '../../errors/index.js';
import { labelsOf } from '../api/labels.js';
import { Leases } from '../leases/leases.js';
import { LocalSnapshotter } from './local-snapshotter.js';

const call = { namespace: 'default' };

async function open(t: TestContext) {
  const { store, ...temporary } = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  const driver = new MemoryDriver();
  const snapshotter = await LocalSnapshotter.open({ name: 'memory', store, driver });
  const tree = async () => {
    const infos = await Array.fromAsync(snapshotter.walk({}, call));
    return infos.map(({ name, kind, parent }) => `${kind} ${name}${parent === '' ? '' : ` over ${parent}`}`);
  };
  await snapshotter.prepare({ key: 'work', labels: labelsOf({ mine: '1' }) }, call);
  return { store, driver, snapshotter, tree };
}

describe('freezing', () => {
  it('makes a committed snapshot, over which the active one goes on with its labels', async (t) => {
    const { snapshotter, tree, driver } = await open(t);
    const seen: unknown[] = [];
    const ready = async (mounts: object) => void seen.push(Object.keys(mounts));
    await snapshotter.freeze({ key: 'work', name: 'one', labels: labelsOf({ point: 'x' }), ready }, call);
    await snapshotter.freeze({ key: 'work', name: 'two' }, call);
    assert.deepEqual(await tree(), ['committed one', 'committed two over one', 'active work over two']);
    assert.deepEqual((await snapshotter.stat('work', call)).labels.get('mine'), '1');
    assert.deepEqual((await snapshotter.stat('one', call)).labels.get('point'), 'x');
    assert.deepEqual(seen, [['frozen', 'fresh']]);
    assert.equal(driver.files.size, 3);
  });

  it('leaves everything as it was when it is refused', async (t) => {
    const { snapshotter, tree, driver } = await open(t);
    await snapshotter.freeze({ key: 'work', name: 'one' }, call);
    const before = await tree();
    const freeze = (request: object, context: object = call) =>
      snapshotter.freeze({ key: 'work', name: 'new', ...request }, { ...call, ...context });
    await assert.rejects(freeze({ name: 'one' }), AlreadyExistsError);
    await assert.rejects(freeze({ key: 'one' }), FailedPreconditionError);
    await assert.rejects(freeze({ key: 'nobody' }), NotFoundError);
    await assert.rejects(freeze({ ready: () => Promise.reject(new Error('no')) }), /no/);
    await assert.rejects(freeze({}, { signal: AbortSignal.abort(new CanceledError('given up')) }), CanceledError);
    await assert.rejects(freeze({}, { lease: 'nobody' }), NotFoundError);
    assert.deepEqual(await tree(), before);
    assert.equal(driver.files.size, 2);
  });

  it('is refused when the snapshot was changed meanwhile', async (t) => {
    const { snapshotter, tree } = await open(t);
    const ready = () => snapshotter.commit({ key: 'work', name: 'elsewhere' }, call);
    await assert.rejects(snapshotter.freeze({ key: 'work', name: 'one', ready }, call), NotFoundError);
    assert.deepEqual(await tree(), ['committed elsewhere']);
  });

  it('puts both under the lease of the call', async (t) => {
    const { snapshotter, store } = await open(t);
    const leases = new Leases(store);
    await leases.create({ id: 'l' }, call);
    await snapshotter.freeze({ key: 'work', name: 'one' }, { ...call, lease: 'l' });
    assert.deepEqual(
      (await leases.listResources('l', call)).map(({ id }) => id),
      ['one', 'work'],
    );
  });
});

describe('replacing', () => {
  it('begins again over a committed snapshot, and deletes what was written', async (t) => {
    const { snapshotter, tree, driver } = await open(t);
    await snapshotter.freeze({ key: 'work', name: 'one' }, call);
    await snapshotter.freeze({ key: 'work', name: 'two' }, call);
    await snapshotter.replace({ key: 'work', parent: 'one' }, call);
    assert.deepEqual(await tree(), ['committed one', 'committed two over one', 'active work over one']);
    assert.equal((await snapshotter.stat('work', call)).labels.get('mine'), '1');
    await snapshotter.cleanup();
    assert.equal(driver.files.size, 3);
  });

  it('leaves everything as it was when it is refused', async (t) => {
    const { snapshotter, tree, driver } = await open(t);
    await snapshotter.freeze({ key: 'work', name: 'one' }, call);
    await snapshotter.view({ key: 'look', parent: 'one' }, call);
    const before = await tree();
    const replace = (request: object) => snapshotter.replace({ key: 'work', parent: 'one', ...request }, call);
    await assert.rejects(replace({ parent: 'nobody' }), NotFoundError);
    await assert.rejects(replace({ parent: 'look' }), FailedPreconditionError);
    await assert.rejects(replace({ key: 'look' }), FailedPreconditionError);
    await assert.rejects(replace({ ready: () => Promise.reject(new Error('no')) }), /no/);
    assert.deepEqual(await tree(), before);
    assert.equal(driver.files.size, 3);
  });

  it('is refused when the snapshot was changed meanwhile', async (t) => {
    const { snapshotter, tree } = await open(t);
    await snapshotter.freeze({ key: 'work', name: 'one' }, call);
    const ready = () => snapshotter.replace({ key: 'work', parent: 'one' }, call);
    await assert.rejects(snapshotter.replace({ key: 'work', parent: 'one', ready }, call), { code: 'Aborted' });
    assert.deepEqual(await tree(), ['committed one', 'active work over one']);
  });
});
