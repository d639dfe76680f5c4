import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { openCheckedRoot, runCheck } from '../../../tests/support/checked-root.js';
import { CanceledError } from '../../errors/index.js';
import { mountAll, unmountAll } from '../../linux/index.js';
import type { CheckAction } from '../findings/types.js';
import { emptyLostAndFound } from './empty-lost-and-found.js';

const skip = process.geteuid?.() !== 0 && 'needs root';
const statesOf = (actions: readonly CheckAction[]) => actions.map(({ remedy, state }) => `${remedy} ${state}`);

async function rootWithLost(...names: readonly string[]) {
  const root = await openCheckedRoot();
  const place = root.subject.lostAndFound(root.name);
  for (const name of names) {
    mkdirSync(path.join(place, name, 'tree'), { recursive: true });
    writeFileSync(path.join(place, name, 'whence.json'), '{}');
  }
  return { root, place, [Symbol.asyncDispose]: () => root[Symbol.asyncDispose]() };
}

describe('emptying lost+found', () => {
  it('deletes what earlier repairs took away, and keeps what this one does', async () => {
    await using lost = await rootWithLost('20260131T120000Z-7', '20260131T120000Z-8');
    const { root, place } = lost;
    mkdirSync(path.join(root.root, 'snapshots', '99'));
    const { actions, summary } = await runCheck(root, { repair: { emptyLostAndFound: true } });
    assert.deepEqual(statesOf(actions), [
      ...['delete planned', 'delete planned', 'delete done', 'delete done'],
      ...['move-away planned', 'move-away done'],
    ]);
    assert.equal(actions[0]?.message, `deletes ${path.join(place, '20260131T120000Z-7')} for good`);
    assert.deepEqual([summary.findings, summary.repaired], [0, 3]);
    assert.deepEqual(
      readdirSync(place).map((name) => name.replace(/^.*Z-/, '')),
      ['99'],
    );
  });

  it('only says what it would delete in a dry run', async () => {
    await using lost = await rootWithLost('a');
    const { actions } = await runCheck(lost.root, { repair: { emptyLostAndFound: true, dryRun: true } });
    assert.deepEqual(statesOf(actions), ['delete planned']);
    assert.deepEqual(readdirSync(lost.place), ['a']);
  });

  it('deletes nothing unless it is asked to, and is content where there is nothing', async () => {
    await using lost = await rootWithLost('a');
    await runCheck(lost.root, { repair: {} });
    assert.deepEqual(readdirSync(lost.place), ['a']);
    await using empty = await rootWithLost();
    assert.deepEqual((await runCheck(empty.root, { repair: { emptyLostAndFound: true } })).actions, []);
    assert.equal(existsSync(empty.place), false);
  });

  it('says what it could not delete, and goes on', { skip }, async () => {
    await using lost = await rootWithLost('a', 'b');
    const point = path.join(lost.place, 'a', 'tree');
    await mountAll([{ type: 'tmpfs', source: 'tmpfs', target: '', options: [] }], point);
    try {
      const { actions, summary } = await runCheck(lost.root, { repair: { emptyLostAndFound: true } });
      assert.deepEqual(statesOf(actions).slice(2), ['delete failed', 'delete done']);
      assert.match(String(actions[2]?.reason), /EBUSY/);
      assert.equal(summary.repaired, 1);
      assert.deepEqual(readdirSync(lost.place), ['a']);
    } finally {
      await unmountAll(point);
    }
  });

  it('stops when it is aborted', async () => {
    await using lost = await rootWithLost('a');
    const deleting = Array.fromAsync(emptyLostAndFound(lost.root.subject, {}, { signal: AbortSignal.abort() }));
    await assert.rejects(deleting, CanceledError);
    assert.deepEqual(readdirSync(lost.place), ['a']);
  });
});
