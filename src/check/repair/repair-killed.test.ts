/** Repairs that are killed between moving files and changing records. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type CheckedRoot, openCheckedBackEnd, overlayBackEnd, runCheck } from '../../../tests/support/checked-root.js';
import { type Population, populate } from '../../../tests/support/damage/damage.js';
import { endOf } from '../../../tests/support/die-at.js';
import { faultPoints } from '../../base/index.js';

const program = fileURLToPath(new URL('./repair-killed.test.child.js', import.meta.url));

/** Damage that is repaired by taking something away, and the content that must not be lost by that. */
interface Case {
  readonly name: string;
  readonly make: (root: CheckedRoot, there: Population) => void;
  /** At which points a repair of it can be killed. */
  readonly points: readonly string[];
  readonly precious: readonly string[];
  readonly keysAfter: readonly string[];
}

const points = faultPoints.filter((point) => point.startsWith('repair.'));

const cases: readonly Case[] = [
  {
    name: 'a directory of nobody',
    make: ({ snapshots }) => {
      mkdirSync(path.join(snapshots, '903', 'fs'), { recursive: true });
      writeFileSync(path.join(snapshots, '903', 'fs', 'file'), 'of nobody');
    },
    points: points.filter((point) => point !== 'repair.recorded'),
    precious: ['of nobody'],
    keysAfter: ['base', 'lone', 'look', 'top', 'work'],
  },
  {
    name: 'a layer whose files are gone',
    make: ({ snapshots }, { top, work }) => {
      writeFileSync(path.join(snapshots, String(work.id), 'fs', 'file'), 'of the work');
      rmSync(path.join(snapshots, String(top.id), 'fs'), { recursive: true });
    },
    points,
    precious: ['of the work'],
    keysAfter: ['base', 'lone'],
  },
];

/** The content of all small files below a directory. */
function contentBelow(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const file = path.join(directory, name);
    const stats = statSync(file);
    if (stats.isDirectory()) return contentBelow(file);
    return stats.isFile() && stats.size < 100 ? [readFileSync(file, 'utf8')] : [];
  });
}

async function damaged(t: TestContext, { make }: Case): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-repair-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  await using root = await openCheckedBackEnd(overlayBackEnd(), directory);
  make(root, await populate(root));
  return directory;
}

describe('a repair that is killed', () => {
  for (const each of cases) {
    for (const point of each.points) {
      it(`of ${each.name} at ${point} loses nothing, and the next one ends it`, async (t) => {
        const directory = await damaged(t, each);
        assert.equal(await endOf(program, [directory, point]), 'SIGKILL');
        const kept = contentBelow(directory);
        assert.deepEqual(
          each.precious.filter((content) => !kept.includes(content)),
          [],
        );
        await using root = await openCheckedBackEnd(overlayBackEnd(), directory);
        const repaired = await runCheck(root, { level: 'deep', repair: { dryRun: false, dropDescendants: true } });
        assert.deepEqual(repaired.left, []);
        const keys: string[] = [];
        for await (const { name } of root.snapshotter.walk()) keys.push(name);
        assert.deepEqual(keys.sort(), each.keysAfter);
        const lost = contentBelow(path.join(directory, 'lost+found'));
        assert.deepEqual(
          each.precious.filter((content) => !lost.includes(content)),
          [],
        );
      });
    }
  }
});
