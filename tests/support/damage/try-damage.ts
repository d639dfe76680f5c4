/** Makes damage of one kind, and sees it found, planned, repaired and gone. */
import assert from 'node:assert/strict';
import { type CheckedRoot, runCheck } from '../checked-root.js';
import { type Damage, type Population, populate } from './damage.js';

const keys = ['base', 'top', 'work', 'look', 'lone'] as const;
const level = 'deep';

async function keysOf({ snapshotter }: CheckedRoot): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of snapshotter.walk()) names.push(name);
  return names.sort();
}

/** The kinds of some findings, each once. */
export function kindsOf(findings: readonly { readonly kind: string }[]): string[] {
  return [...new Set(findings.map(({ kind }) => kind))].sort();
}

/** Where a layer is mounted says what is based on it, and nothing of its own. */
function imageOf(subject: CheckedRoot): string[] {
  return subject.image().filter((line) => !/\/layer[ /]/.test(line));
}

/** The lines that are about none of these snapshots. */
function linesOfOthers(image: readonly string[], there: Population, gone: readonly (keyof Population)[]): string[] {
  const ids = gone.map((key) => String(there[key].id));
  const names = gone.map((key) => JSON.stringify(key));
  return image.filter((line) => {
    const [first = '', second = ''] = line.split(/[ /]/);
    return !names.some((name) => line.includes(name)) && !ids.includes(first) && !ids.includes(second);
  });
}

/** See the head of this file. */
export async function tryDamage(damage: Damage, subject: CheckedRoot): Promise<void> {
  const { kind, also = [], left = [], gone = [], heals = false, changes, touches, make } = damage;
  const there = await populate(subject);
  assert.deepEqual(kindsOf((await runCheck(subject, { level })).findings), [], 'clean before the damage');
  const before = imageOf(subject);
  await make(subject, there);
  const damaged = imageOf(subject);

  const seen = await runCheck(subject, { level });
  assert.deepEqual(kindsOf(seen.findings), [...new Set([kind, ...also])].sort());
  const dry = await runCheck(subject, { level, repair: { dryRun: true, dropDescendants: true } });
  assert.equal(dry.summary.findings, seen.summary.findings);
  assert.deepEqual(imageOf(subject), damaged, 'looking and planning change nothing');

  const repaired = await runCheck(subject, { level, repair: { dryRun: false, dropDescendants: true } });
  assert.deepEqual(kindsOf(repaired.left), [...left].sort(), JSON.stringify(repaired.actions, undefined, 1));
  assert.deepEqual(kindsOf((await runCheck(subject, { level })).findings), [...left].sort());
  if (heals) assert.deepEqual(imageOf(subject), before);
  else if (left.length === 0) {
    assert.deepEqual(await keysOf(subject), keys.filter((key) => !gone.includes(key)).sort());
    const touched = gone.length > 0 ? gone : keys;
    const others = (image: readonly string[]) =>
      linesOfOthers(image, there, touched).filter(
        (line) => (changes === undefined || !line.startsWith(changes)) && touches?.test(line) !== true,
      );
    assert.deepEqual(others(imageOf(subject)), others(before));
  }
}
