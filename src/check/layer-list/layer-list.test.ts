import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type CheckedRoot, openCheckedRoot, placeOfSnapshot, runCheck } from '../../../tests/support/checked-root.js';
import { metadataTables, numbersTable } from '../../metadata/index.js';
import { idsTable, noContext, snapshotTables } from '../../snapshots/index.js';
import { type Key, openLmdbStore, type Store, type Table } from '../../store/index.js';
import { parseLine } from './entry.js';
import { LayerListWriter } from './list-writer.js';
import { layerListPath, readLayerList } from './read-list.js';
import { rebuildLayers } from './rebuild.js';

const face = 'namespaced';
/** Nothing is written but when a test says so. */
const delay = 2 ** 30;

async function openList(root: CheckedRoot): Promise<LayerListWriter> {
  const errors = { report: (_: string, error: unknown) => assert.fail(String(error)) };
  return LayerListWriter.open({
    store: root.store,
    name: root.name,
    root: root.root,
    face,
    durable: true,
    errors,
    delay,
  });
}

async function commit({ snapshotter }: CheckedRoot, name: string, parent: string, namespace = 'default') {
  const call = { namespace };
  await snapshotter.prepare({ key: 'build', parent }, call);
  await snapshotter.commit({ key: 'build', name, labels: new Map([['of', name]]) }, call);
}

const idOf = (root: CheckedRoot, key: string) => placeOfSnapshot(root, key).id;
const linesOf = ({ root }: CheckedRoot) => readFileSync(layerListPath(root), 'utf8').split('\n').slice(0, -1);
const typesOf = (root: CheckedRoot) => linesOf(root).map((line) => parseLine(line)?.type);

/** An empty store beside the files of a root. */
async function lostStore(t: TestContext): Promise<Store> {
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-lost-'));
  const store = await openLmdbStore({ path: directory, tables: [...snapshotTables, ...metadataTables] });
  t.after(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return store;
}

function rebuild(root: CheckedRoot, store: Store) {
  const [snapshotter] = root.subject.snapshotters;
  assert.ok(snapshotter?.files);
  return rebuildLayers({ store, name: root.name, root: root.root, files: snapshotter.files }, noContext);
}

/**
 * What a rebuilding does not bring back: the marks of ids, what is noted until the disk has it, and the index of labels,
 * which the next start makes.
 */
const others = ['snapshots.reserved-ids', 'snapshots.bare-layers', 'metadata.indexed', 'metadata.labels'];
const tables: readonly Table<Key, unknown>[] = [...snapshotTables, ...metadataTables];

/** The records of the layers of a store, as text. */
function recordsOf(store: Store): string[] {
  const compared = tables.filter(({ name }) => !others.includes(name));
  const text = (value: unknown) => JSON.stringify(value, (_, part) => (part instanceof Map ? [...part] : part));
  return store.read((tx) =>
    compared.flatMap((table) =>
      [...tx.keys(table)].map((key) => `${table.name} ${text(key)} ${text(tx.get(table, key))}`),
    ),
  );
}

/** Two namespaces, the deepest layer on three others. */
async function populate(root: CheckedRoot): Promise<void> {
  await commit(root, 'one', '');
  await commit(root, 'two', 'one');
  await commit(root, 'three', 'two');
  await commit(root, 'four', 'three');
  await commit(root, 'one', '', 'other');
  await commit(root, 'beside', 'one', 'other');
}

describe('the list of layers', () => {
  it('has every layer of a store that had none, and what is told after it', async () => {
    await using root = await openCheckedRoot();
    await commit(root, 'one', '');
    await root.snapshotter.prepare({ key: 'work', parent: 'one' });
    const list = await openList(root);
    await list.flush();
    assert.deepEqual(typesOf(root), ['begin', 'layer']);
    await commit(root, 'two', 'one');
    list.changed(idOf(root, 'two'));
    list.changed(idOf(root, 'work'));
    list.changed(70_000);
    await list.flush();
    assert.deepEqual(typesOf(root), ['begin', 'layer', 'layer'], 'what is no layer, or gone, has no line');
    await root.snapshotter.update({ name: 'two', labels: new Map([['now', 'this']]) });
    list.changed(idOf(root, 'two'));
    await list.close();
    assert.deepEqual(typesOf(root), ['begin', 'layer', 'layer', 'layer', 'end']);
    const read = await readLayerList(root.root, root.name);
    assert.deepEqual(
      read?.layers.map(({ metadata }) => [metadata?.key, metadata?.record.labels.get('now')]),
      [
        ['one', undefined],
        ['two', 'this'],
      ],
    );
    assert.deepEqual([read?.face, read?.bad], [face, []]);
  });

  it('goes on with a list that was ended, and writes one anew that was not', async () => {
    await using root = await openCheckedRoot();
    await commit(root, 'one', '');
    const first = await openList(root);
    await first.close();
    await commit(root, 'two', 'one');
    const second = await openList(root);
    await second.flush();
    assert.deepEqual(typesOf(root), ['begin', 'layer', 'end', 'begin'], 'it counts as complete');
    second.changed(idOf(root, 'two'));
    await second.flush();
    assert.deepEqual(typesOf(root), ['begin', 'layer', 'end', 'begin', 'layer']);
    // As after a crash: without an end, and with half a line.
    appendFileSync(layerListPath(root.root), 'half');
    const third = await openList(root);
    await third.flush();
    assert.deepEqual(typesOf(root), ['begin', 'layer', 'layer']);
  });

  it('is not taken for complete when whoever went on with it was killed before its first line', async () => {
    await using root = await openCheckedRoot();
    await (await openList(root)).close();
    await openList(root);
    await commit(root, 'one', '');
    const next = await openList(root);
    await next.flush();
    assert.deepEqual(typesOf(root), ['begin', 'layer']);
  });

  it('writes again what could not be written', async () => {
    await using root = await openCheckedRoot();
    const failures: unknown[] = [];
    const errors = { report: (_: string, error: unknown) => void failures.push(error) };
    const place = path.join(root.directory, 'missing');
    const list = await LayerListWriter.open({ ...root, root: place, face, durable: false, errors, delay });
    await commit(root, 'one', '');
    list.changed(idOf(root, 'one'));
    await list.flush();
    assert.equal(failures.length, 1);
    cpSync(root.root, place, { recursive: true });
    await list.flush();
    assert.equal((await readLayerList(place, root.name))?.layers.length, 1);
  });
});

describe('rebuildLayers', () => {
  it('makes the records of all layers again, as they were', async (t) => {
    await using root = await openCheckedRoot();
    await populate(root);
    await (await openList(root)).close();
    const store = await lostStore(t);
    const rebuilt = await rebuild(root, store);
    assert.deepEqual(rebuilt, { face, placed: 6, findings: [] });
    // The last number that was given out was that of an active snapshot; those of layers were before it.
    assert.deepEqual(recordsOf(store), recordsOf(root.store));
    assert.deepEqual((await rebuild(root, store)).placed, 0, 'what is known already is left alone');
    const subject = { ...root.subject, store };
    assert.deepEqual((await runCheck({ subject }, { level: 'deep' })).findings, []);
  });

  it('passes over what was removed', async (t) => {
    await using root = await openCheckedRoot();
    await populate(root);
    await (await openList(root)).close();
    await root.snapshotter.remove('four');
    await root.snapshotter.cleanup();
    assert.deepEqual(await rebuild(root, await lostStore(t)), { face, placed: 5, findings: [] });
  });

  it('refuses what does not fit, and what stands on it', async (t) => {
    await using root = await openCheckedRoot();
    await populate(root);
    await (await openList(root)).close();
    writeFileSync(path.join(root.snapshots, String(idOf(root, 'three')), 'fs', 'more'), '');
    const store = await lostStore(t);
    const { placed, findings } = await rebuild(root, store);
    assert.equal(placed, 4);
    assert.deepEqual(
      findings.map(({ kind, key }) => [kind, key]),
      [
        ['unplaced-layer', 'three'],
        ['unplaced-layer', 'four'],
      ],
    );
    assert.match(findings[0]?.message ?? '', /it takes .* in 2 inodes/);
    assert.match(findings[1]?.message ?? '', /^its parent .* is not there$/);
  });

  it('reports damaged lines, and layers of which nothing else speaks', async (t) => {
    await using root = await openCheckedRoot();
    await populate(root);
    await (await openList(root)).close();
    const lines = linesOf(root);
    const damaged = lines.map((line, index) => (index === 1 ? line.replace('"one"', '"uno"') : line));
    writeFileSync(layerListPath(root.root), `${damaged.join('\n')}\n`);
    const { placed, findings } = await rebuild(root, await lostStore(t));
    assert.equal(placed, 2);
    assert.deepEqual(
      findings.map(({ kind, key }) => [kind, key]),
      [
        ['unreadable-description', undefined],
        ['unplaced-layer', 'two'],
        ['unplaced-layer', 'three'],
        ['unplaced-layer', 'four'],
      ],
    );
  });

  it('takes nothing from the list of another snapshotter', async (t) => {
    await using root = await openCheckedRoot();
    await populate(root);
    const list = await openList({ ...root, name: 'native' });
    await list.close();
    appendFileSync(layerListPath(root.root), linesOf(root).slice(1).join('\n'));
    const { placed, findings } = await rebuild(root, await lostStore(t));
    assert.equal(placed, 0);
    assert.deepEqual([...new Set(findings.map(({ kind }) => kind))], ['unreadable-description']);
  });

  it('never gives a name or an id to two', async (t) => {
    await using root = await openCheckedRoot();
    await populate(root);
    await (await openList(root)).close();
    const store = await lostStore(t);
    const { backendKey, id } = placeOfSnapshot(root, 'one');
    await store.write((tx) => {
      tx.put(idsTable, [root.name, id], 'default/9/somebody');
      tx.put(numbersTable, ['default', root.name], 77);
    });
    const { placed, findings } = await rebuild(root, store);
    assert.equal(placed, 2);
    assert.equal(findings[0]?.message, 'its id is that of "default/9/somebody"');
    assert.notEqual(backendKey, '');
    assert.equal(
      store.read((tx) => tx.get(numbersTable, ['default', root.name])),
      77,
    );
  });
});
