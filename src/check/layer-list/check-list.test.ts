/** What a check says of the list of layers, and what a repair does about it. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { type CheckedRoot, openCheckedRoot, placeOfSnapshot, runCheck } from '../../../tests/support/checked-root.js';
import type { CheckedList } from '../findings/types.js';
import { parseLine } from './entry.js';
import { LayerListWriter } from './list-writer.js';
import { layerListPath } from './read-list.js';

/** Nothing is written but when a check or a test says so. */
const delay = 2 ** 30;

interface ListedRoot extends CheckedRoot {
  readonly list: LayerListWriter;
  readonly path: string;
}

function withList(root: CheckedRoot, list: CheckedList): CheckedRoot {
  const snapshotters = root.subject.snapshotters.map((one) => ({ ...one, list }));
  return { ...root, subject: { ...root.subject, snapshotters } };
}

/** Three layers, and the list of them. */
async function openListed(): Promise<ListedRoot> {
  const root = await openCheckedRoot();
  for (const [name, parent] of [
    ['one', ''],
    ['two', 'one'],
    ['three', 'two'],
  ] as const) {
    await root.snapshotter.prepare({ key: 'build', parent });
    await root.snapshotter.commit({ key: 'build', name, labels: new Map([['of', name]]) });
  }
  const errors = { report: (_: string, error: unknown) => assert.fail(String(error)) };
  const { store, name } = root;
  const list = await LayerListWriter.open({
    store,
    name,
    root: root.root,
    face: 'namespaced',
    durable: false,
    errors,
    delay,
  });
  await list.flush();
  return { ...withList(root, list), list, path: layerListPath(root.root) };
}

const messages = ({
  findings,
}: {
  readonly findings: readonly { readonly kind: string; readonly message: string }[];
}) => findings.map(({ kind, message }) => `${kind}: ${message}`);
const look = async (root: CheckedRoot) => messages(await runCheck(root, { level: 'normal' }));
const repair = (root: CheckedRoot, dryRun = false) =>
  runCheck(root, { level: 'normal', repair: { dryRun, dropDescendants: false } });

function flipByte(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

/** Damage to the list of the layers one, two and three, and what is said of it. */
const damages: readonly {
  readonly name: string;
  readonly make: (file: string) => void;
  readonly said: readonly RegExp[];
}[] = [
  {
    name: 'a flipped byte in the line of a layer',
    make: (file) => flipByte(file, readFileSync(file).indexOf('"two"')),
    said: [
      /^damaged-list: line 3 is damaged$/,
      /^incomplete-list: it does not say of one layer .*: "default\/\d\/two"$/,
    ],
  },
  {
    name: 'a flipped byte in its beginning',
    make: (file) => flipByte(file, 1),
    said: [/^damaged-list: line 1 is damaged, and it has no beginning$/],
  },
  {
    name: 'a flipped byte between two lines',
    make: (file) => flipByte(file, readFileSync(file).indexOf('\n')),
    said: [/^damaged-list: line 1 is damaged, and it has no beginning$/, /^incomplete-list: .*one"$/],
  },
  {
    name: 'that it ends in the middle of a line',
    make: (file) => truncateSync(file, readFileSync(file).lastIndexOf('"three"')),
    said: [/^damaged-list: line 4 is damaged$/, /^incomplete-list: .*three"$/],
  },
  {
    name: 'that it ends behind a line too early',
    make: (file) => truncateSync(file, readFileSync(file).lastIndexOf('\n', -2) + 1),
    said: [/^incomplete-list: it does not say of one layer what the records say: "default\/\d\/three"$/],
  },
  {
    name: 'that it is empty',
    make: (file) => truncateSync(file),
    said: [/^incomplete-list: it is empty or not there, and does not say of 3 layers /],
  },
  {
    name: 'that it is gone',
    make: (file) => rmSync(file),
    said: [/^incomplete-list: it is empty or not there, and does not say of 3 layers /],
  },
];

describe('the check of the list of layers', () => {
  for (const { name, make, said } of damages) {
    it(`finds and mends ${name}`, async () => {
      await using root = await openListed();
      assert.deepEqual(await look(root), []);
      const whole = readFileSync(root.path, 'utf8');
      make(root.path);
      const damaged = existsSync(root.path) ? readFileSync(root.path, 'utf8') : undefined;
      const seen = await look(root);
      assert.equal(seen.length, said.length, seen.join('\n'));
      for (const [index, pattern] of said.entries()) assert.match(seen[index] ?? '', pattern);
      assert.deepEqual(messages(await repair(root, true)), seen, 'a plan changes nothing');

      const { actions, left } = await repair(root);
      assert.deepEqual(left, []);
      assert.deepEqual(
        actions.map(({ remedy, state }) => [remedy, state]),
        [
          ['rewrite-list', 'planned'],
          ['rewrite-list', 'done'],
        ],
        'once, whatever there is wrong with it',
      );
      assert.equal(readFileSync(root.path, 'utf8'), whole);
      assert.deepEqual(await look(root), []);
      const place = root.subject.lostAndFound(root.name);
      const lost = existsSync(place) ? readdirSync(place).map((each) => path.join(place, each, 'layers')) : [];
      assert.deepEqual(
        lost.map((file) => readFileSync(file, 'utf8')),
        damaged === undefined ? [] : [damaged],
        'what was there is kept',
      );
    });
  }

  it('is not made by a quick look', async () => {
    await using root = await openListed();
    truncateSync(root.path);
    assert.deepEqual((await runCheck(root, { level: 'quick' })).findings, []);
  });

  it('finds that labels are not those of the records', async () => {
    await using root = await openListed();
    await root.snapshotter.update({ name: 'two', labels: new Map([['of', 'others']]) });
    assert.match((await look(root)).join('\n'), /^incomplete-list: .*two"$/);
    root.list.changed(placeOfSnapshot(root, 'two').id);
    assert.deepEqual(await look(root), [], 'what was told is written before the look');
  });

  it('finds nothing where layers come and change all the time, and the list lies a little behind', async () => {
    await using root = await openListed();
    let changes = 0;
    const list: CheckedList = {
      root: root.root,
      rewrite: () => root.list.rewrite(),
      settled: async (work) => {
        const worked = await root.list.settled(work);
        changes += 1;
        await root.snapshotter.update({ name: 'two', labels: new Map([['change', String(changes)]]) });
        root.list.changed(placeOfSnapshot(root, 'two').id);
        return worked;
      },
    };
    assert.deepEqual(await look(withList(root, list)), []);
    assert.equal(changes, 2, 'it was looked at twice');
  });

  it('says why a list cannot be read', async () => {
    await using root = await openListed();
    const list: CheckedList = {
      root: root.root,
      rewrite: () => assert.fail('nothing to mend'),
      settled: () => Promise.reject(new Error('it cannot be read')),
    };
    assert.deepEqual(await look(withList(root, list)), ['unreadable-file: it cannot be read']);
    assert.deepEqual((await repair(withList(root, list))).actions, []);
  });

  it('keeps the list that is there when a new one cannot be written', async () => {
    await using root = await openListed();
    const list: CheckedList = {
      root: root.root,
      rewrite: () => Promise.reject(new Error('the disk is full')),
      settled: (work) => root.list.settled(work),
    };
    truncateSync(root.path, 10);
    const { actions, left } = await repair(withList(root, list));
    assert.deepEqual([actions.at(-1)?.state, actions.at(-1)?.reason], ['failed', 'the disk is full']);
    assert.equal(left.length, 2);
    assert.equal(readFileSync(root.path).length, 10);
  });

  it('ends a list that it writes anew where no daemon runs', async () => {
    await using root = await openListed();
    const { store, name } = root;
    truncateSync(root.path, 100);
    const list = LayerListWriter.closed({ store, name, root: root.root, face: 'namespaced', durable: true });
    const closed = withList(root, list);
    assert.equal((await look(closed)).length, 2);
    assert.deepEqual((await repair(closed)).left, []);
    const lines = readFileSync(root.path, 'utf8').split('\n').slice(0, -1);
    assert.deepEqual(
      lines.map((line) => parseLine(line)?.type),
      ['begin', 'layer', 'layer', 'layer', 'end'],
    );
    assert.match(lines[0] ?? '', /"face":"namespaced"/);
  });
});
