import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freshSeed, Random } from '../../../tests/support/random.js';
import { temporaryStore } from '../../../tests/support/store.js';
import type { Store } from '../../store/index.js';
import { labelsOf } from '../api/labels.js';
import { Leases } from '../leases/leases.js';
import { hold } from '../records/holds.js';
import { SnapshotRecords } from '../records/snapshot-records.js';
import { isKept, unkeptSnapshots } from './keepers.js';

const call = { namespace: 'n' };
const now = Date.parse('2030-06-01T00:00:00Z') / 1000;
const [past, future] = ['2030-05-31T23:59:59Z', '2030-06-01T00:00:01Z'];

/** A snapshot as the model has it: everything by key. */
interface Node {
  readonly id: number;
  readonly key: string;
  readonly parent: Node | undefined;
  readonly kept: boolean;
  /** Whether an image is based on it. */
  readonly held: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

interface ModelLease {
  readonly id: string;
  readonly flat: boolean;
  readonly expires: string | undefined;
  readonly keys: readonly string[];
}

const keyOf = (id: number) => `k${id}`;

/** Labels, how likely each is, and what its value may be. */
const choices: readonly (readonly [string, number, (random: Random, count: number) => string])[] = [
  ['containerd.io/gc.root', 0.1, () => 'x'],
  ['containerd.io/gc.roots', 0.1, () => 'x'],
  ['containerd.io/gc.expire', 0.15, (random) => random.pick([past, future, 'some day'])],
  ['containerd.io/gc.ref.snapshot.s', 0.3, anyKey],
  ['containerd.io/gc.ref.snapshot.s/2', 0.2, anyKey],
  ['containerd.io/gc.ref.snapshot.s.1', 0.1, anyKey],
  ['containerd.io/gc.bref.snapshot.s/b', 0.2, anyKey],
];

function anyKey(random: Random, count: number): string {
  return keyOf(1 + random.below(count));
}

function randomNodes(random: Random): Node[] {
  const nodes: Node[] = [];
  const count = 2 + random.below(20);
  for (let id = 1; id <= count; id++) {
    const chosen = choices.filter(([, share]) => random.chance(share));
    const labels = Object.fromEntries(chosen.map(([key, , value]) => [key, value(random, count)]));
    const parent = nodes.length > 0 && random.chance(0.5) ? random.pick(nodes) : undefined;
    nodes.push({ id, key: keyOf(id), parent, kept: random.chance(0.1), held: random.chance(0.05), labels });
  }
  return nodes;
}

function randomLeases(random: Random, nodes: readonly Node[]): ModelLease[] {
  return Array.from({ length: random.below(4) }, (_, index) => ({
    id: `l${index}`,
    flat: random.chance(0.4),
    expires: random.chance(0.4) ? random.pick([past, future, 'some day']) : undefined,
    keys: Array.from({ length: random.below(4) }, () => random.pick(nodes).key),
  }));
}

/** What containerd's rules keep, by walking objects. */
function modelOfKept(nodes: readonly Node[], leases: readonly ModelLease[]): Set<number> {
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const [full, flat] = [new Set<Node>(), new Set<Node>()];
  const keptWith = ({ key, labels }: Node): (Node | undefined)[] => [
    byKey.get(labels['containerd.io/gc.ref.snapshot.s'] ?? ''),
    byKey.get(labels['containerd.io/gc.ref.snapshot.s/2'] ?? ''),
    ...nodes.filter((other) => other.labels['containerd.io/gc.bref.snapshot.s/b'] === key),
  ];
  const visit = (node: Node | undefined, isFlat: boolean): void => {
    const seen = isFlat ? flat : full;
    if (node === undefined || seen.has(node)) return;
    seen.add(node);
    visit(node.parent, isFlat);
    if (!isFlat) for (const other of keptWith(node)) visit(other, false);
  };
  for (const node of nodes.filter((each) => each.held || isRoot(each))) visit(node, false);
  for (const lease of leases.filter(({ expires }) => expires !== past)) {
    for (const key of lease.keys) visit(byKey.get(key), lease.flat);
  }
  return new Set([...full, ...flat].map(({ id }) => id));
}

function isRoot({ kept, labels }: Node): boolean {
  const expire = labels['containerd.io/gc.expire'];
  if (expire !== undefined) return expire !== past;
  return kept || Object.keys(labels).some((key) => key.startsWith('containerd.io/gc.root'));
}

/** Records both in an empty store. */
async function record(store: Store, nodes: readonly Node[], leases: readonly ModelLease[]): Promise<void> {
  const records = new SnapshotRecords('s');
  const chains = new Map<number, readonly number[]>();
  await store.write((tx) => {
    for (const { id, key, parent, kept, held, labels } of nodes) {
      const chain = parent === undefined ? [] : [parent.id, ...(chains.get(parent.id) ?? [])];
      chains.set(id, chain);
      const row = { id, namespace: 'n', key, kind: 'active', chain, labels: labelsOf(labels), kept, now: 1 } as const;
      assert.ok(records.insert(tx, row));
      if (held) hold(tx, id, { kind: 'image', name: 'i' });
    }
  });
  const held = new Leases(store);
  for (const { id, flat, expires, keys } of leases) {
    const labels = {
      ...(flat ? { 'containerd.io/gc.flat': 'x' } : {}),
      ...(expires === undefined ? {} : { 'containerd.io/gc.expire': expires }),
    };
    await held.create({ id, labels: labelsOf(labels) }, call);
    for (const key of keys) await held.addResource(id, { type: 'snapshots/s', id: key }, call);
  }
}

describe('what keeps snapshots', () => {
  it('is the same by SQL from the roots, by SQL from each snapshot, and by a plain model', async (t) => {
    const seed = freshSeed();
    t.diagnostic(`seed ${seed}`);
    const seeds = new Random(seed);
    for (let graph = 0; graph < 40; graph++) {
      const random = seeds.fork();
      await using temporary = await temporaryStore();
      const { store } = temporary;
      const nodes = randomNodes(random);
      const leases = randomLeases(random, nodes);
      await record(store, nodes, leases);
      const shown = JSON.stringify({
        seed,
        nodes: nodes.map((node) => ({ ...node, parent: node.parent?.key })),
        leases,
      });
      const kept = modelOfKept(nodes, leases);
      const ids = nodes.map(({ id }) => id);
      const wanted = ids.filter((id) => kept.has(id));
      const unkept = new Set((await store.query(unkeptSnapshots, [now, -1])).map(({ id }) => id));
      const fromRoots = ids.filter((id) => !unkept.has(id));
      const fromEach = ids.filter((id) => store.read((tx) => isKept(tx, id, now)));
      assert.deepEqual({ fromRoots, fromEach }, { fromRoots: wanted, fromEach: wanted }, shown);
    }
  });
});
