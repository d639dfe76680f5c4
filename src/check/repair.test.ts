import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { type Damage, fileDamages, type Population, populate, recordDamages } from '../testing/check-damage.js';
import { type CheckedRoot, openCheckedRoot, runCheck } from '../testing/checked-root.js';
import { findingKinds } from './kinds.js';

const keys = ['base', 'top', 'work', 'look', 'lone'] as const;
const level = 'deep';

async function keysOf({ snapshotter }: CheckedRoot): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of snapshotter.walk()) names.push(name);
  return names.sort();
}

function kindsOf(findings: readonly { readonly kind: string }[]): string[] {
  return [...new Set(findings.map(({ kind }) => kind))].sort();
}

/** The lines that speak of none of these snapshots. */
function linesOfOthers(image: readonly string[], there: Population, gone: readonly (keyof Population)[]): string[] {
  const ids = gone.map((key) => String(there[key].id));
  const names = gone.flatMap((key) => [JSON.stringify(key), JSON.stringify(there[key].backendKey)]);
  return image.filter(
    (line) => !names.some((name) => line.includes(name)) && !ids.includes(line.split(/[ /]/)[0] ?? ''),
  );
}

async function checkDamage(damage: Damage, subject: CheckedRoot): Promise<void> {
  const { kind, also = [], left = [], gone = [], heals = false, changes, make } = damage;
  const there = await populate(subject);
  assert.deepEqual(kindsOf((await runCheck(subject, { level })).findings), [], 'clean before the damage');
  const before = subject.image();
  await make(subject, there);
  const damaged = subject.image();

  const seen = await runCheck(subject, { level });
  assert.deepEqual(kindsOf(seen.findings), [...new Set([kind, ...also])].sort());
  const dry = await runCheck(subject, { level, repair: { dryRun: true, dropDescendants: true } });
  assert.equal(dry.summary.findings, seen.summary.findings);
  assert.deepEqual(subject.image(), damaged, 'looking and planning change nothing');

  const repaired = await runCheck(subject, { level, repair: { dryRun: false, dropDescendants: true } });
  assert.deepEqual(kindsOf(repaired.left), [...left].sort(), JSON.stringify(repaired.actions, undefined, 1));
  assert.deepEqual(kindsOf((await runCheck(subject, { level })).findings), [...left].sort());
  if (heals) assert.deepEqual(subject.image(), before);
  else if (left.length === 0) {
    assert.deepEqual(await keysOf(subject), keys.filter((key) => !gone.includes(key)).sort());
    const touched = gone.length > 0 ? gone : keys;
    const others = (image: readonly string[]) =>
      linesOfOthers(image, there, touched).filter((line) => changes === undefined || !line.startsWith(changes));
    assert.deepEqual(others(subject.image()), others(before));
  }
}

describe('repair', () => {
  for (const damage of [...recordDamages, ...fileDamages]) {
    const skip = damage.root === true && process.geteuid?.() !== 0 && 'only root can do this damage';
    it(`finds and mends ${damage.kind}: ${damage.name}`, { skip }, async () => {
      await using root = await openCheckedRoot({ manifest: damage.manifest === true });
      // The mark of ids can be raised only where no snapshotter is open.
      const live = damage.kind !== 'id-beyond-reserved';
      await checkDamage(damage, { ...root, subject: { ...root.subject, live } });
    });
  }

  it('keeps what it takes away, with a note of where it was', async () => {
    await using root = await openCheckedRoot();
    const [damage] = fileDamages.filter(({ kind }) => kind === 'orphan-directory');
    await damage?.make(root, await populate(root));
    await runCheck(root, { level: 'quick', repair: { dryRun: false, dropDescendants: false } });
    const place = root.subject.lostAndFound('overlayfs');
    const [kept = ''] = readdirSync(place);
    assert.match(kept, /^\d{8}T\d{6}Z-903$/);
    assert.equal(readFileSync(path.join(place, kept, '903', 'fs', 'file'), 'utf8'), 'precious');
    const whence = JSON.parse(readFileSync(path.join(place, kept, 'whence.json'), 'utf8'));
    assert.equal(whence.from, path.join(root.snapshots, '903'));
    assert.equal(whence.why.kind, 'orphan-directory');
  });

  it('drops what stands on a layer only when that is asked for', async () => {
    await using root = await openCheckedRoot();
    const there = await populate(root);
    rmSync(there.top.directory, { recursive: true });
    const damaged = root.image();
    const modest = await runCheck(root, { level: 'quick', repair: { dryRun: false, dropDescendants: false } });
    assert.deepEqual(
      modest.actions.map(({ state, reason }) => [state, reason]),
      [['skipped', '2 snapshots stand on it; they go with it only with --drop-descendants']],
    );
    assert.deepEqual(kindsOf(modest.left), ['missing-directory']);
    assert.deepEqual(root.image(), damaged);
    assert.equal(existsSync(root.subject.lostAndFound('overlayfs')), false);
  });

  it('makes a layer that is beyond repair available to be made anew', async () => {
    await using root = await openCheckedRoot();
    const there = await populate(root);
    rmSync(path.join(there.top.directory, 'fs'), { recursive: true });
    await runCheck(root, { level: 'quick', repair: { dryRun: false, dropDescendants: true } });
    await root.snapshotter.prepare({ key: 'again', parent: 'base' });
    await root.snapshotter.commit({ key: 'again', name: 'top' });
    assert.equal((await root.snapshotter.stat('top')).parent, 'base');
  });

  it('tries every kind of finding', () => {
    const tried = new Set([...recordDamages, ...fileDamages].map(({ kind }) => kind));
    const untried = Object.keys(findingKinds).filter((kind) => !tried.has(kind));
    assert.deepEqual(untried, ['unreadable-file'], 'which takes a broken disk');
  });
});
