import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { StrataError } from '../../errors/index.js';
import { takeAway } from './lost-and-found.js';

interface Rooms {
  /** The directory of what is taken away. */
  readonly place: string;
  readonly from: (name: string) => string;
}

async function rooms(t: TestContext): Promise<Rooms> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-lost-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const from = (name: string) => {
    const made = path.join(directory, name);
    mkdirSync(made, { recursive: true });
    writeFileSync(path.join(made, 'file'), name);
    return made;
  };
  return { place: path.join(directory, 'lost+found'), from };
}

const noteOf = (kept: string) => JSON.parse(readFileSync(path.join(kept, 'whence.json'), 'utf8'));

describe('takeAway', () => {
  it('moves something into a directory for its owner alone, and notes where it was', async (t) => {
    const { place, from } = await rooms(t);
    const lost = from('snapshots/7');
    const labels = new Map([['a', 'x']]);
    const kept = takeAway(place, { name: '7', from: [lost], story: { why: 'it has no record', labels } });
    assert.equal(existsSync(lost), false);
    assert.match(path.basename(kept.path), /^\d{8}T\d{6}Z-7$/);
    assert.equal(readFileSync(path.join(kept.path, '7', 'file'), 'utf8'), 'snapshots/7');
    const { moved, ...note } = noteOf(kept.path);
    assert.deepEqual(note, { version: 1, from: lost, why: 'it has no record', labels: { a: 'x' } });
    assert.equal(new Date(moved).toISOString(), moved);
    for (const each of [place, kept.path]) assert.equal(statSync(each).mode & 0o777, 0o700);
    assert.equal(statSync(path.join(kept.path, 'whence.json')).mode & 0o777, 0o600);
  });

  it('keeps apart what has one name', async (t) => {
    const { place, from } = await rooms(t);
    const lost = [from('snapshots/7'), from('active/7'), from('file-lists/list')];
    const kept = takeAway(place, { name: '7', from: lost, story: {} });
    assert.deepEqual(readdirSync(kept.path).sort(), ['active-7', 'list', 'snapshots-7', 'whence.json']);
    assert.deepEqual(noteOf(kept.path).from, lost);
  });

  it('gives each a directory of its own, within one second too', async (t) => {
    const { place, from } = await rooms(t);
    const paths = ['a', 'b', 'c'].map((name) => {
      const lost = { name: '7', from: [from(name)], story: {} };
      return takeAway(place, lost).path;
    });
    assert.equal(new Set(paths).size, 3);
    assert.equal(readdirSync(place).length, 3);
  });

  it('notes also what has no files', async (t) => {
    const { place } = await rooms(t);
    const kept = takeAway(place, { name: '7', from: [], story: { record: { id: 7 } } });
    assert.deepEqual(readdirSync(kept.path), ['whence.json']);
    assert.deepEqual(noteOf(kept.path).record, { id: 7 });
  });

  it('puts it back', async (t) => {
    const { place, from } = await rooms(t);
    const lost = [from('snapshots/7'), from('active/7')];
    takeAway(place, { name: '7', from: lost, story: {} }).putBack();
    for (const each of lost) assert.ok(existsSync(path.join(each, 'file')));
    assert.deepEqual(readdirSync(place), []);
  });

  it('leaves everything where it was when one of them cannot be moved', async (t) => {
    const { place, from } = await rooms(t);
    const lost = [from('snapshots/7'), path.join(place, 'not-there')];
    assert.throws(
      () => takeAway(place, { name: '7', from: lost, story: {} }),
      (error) =>
        error instanceof StrataError && error.message.startsWith(`failed to move ${lost.join(', ')} to ${place}`),
    );
    assert.ok(existsSync(path.join(lost[0] ?? '', 'file')));
    assert.deepEqual(readdirSync(place), []);
  });

  it('moves as it is told to, there and back', async (t) => {
    const { place, from } = await rooms(t);
    const lost = from('snapshots/7');
    const moves: string[] = [];
    const rename = (source: string, target: string) => {
      moves.push(path.basename(path.dirname(source)));
      renameSync(source, target);
    };
    const kept = takeAway(place, { name: '7', from: [lost], rename, story: {} });
    kept.putBack();
    assert.deepEqual(moves, ['snapshots', path.basename(kept.path)]);
  });

  it('has its note on disk before anything is moved', async (t) => {
    const { place, from } = await rooms(t);
    const lost = from('snapshots/7');
    const reached: string[] = [];
    const faults = {
      reach: (point: string) => {
        const [directory = ''] = readdirSync(place);
        reached.push(`${point} ${readdirSync(path.join(place, directory)).sort().join(' ')} ${existsSync(lost)}`);
      },
    };
    takeAway(place, { name: '7', from: [lost], story: {}, faults });
    assert.deepEqual(reached, ['repair.told whence.json true', 'repair.moved 7 whence.json false']);
  });
});
