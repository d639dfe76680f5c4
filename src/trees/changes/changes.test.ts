import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { CanceledError } from '../../errors/index.js';
import { treeChanges } from './changes.js';

async function twoTrees(t: TestContext) {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-changes-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const [before, after] = [path.join(directory, 'before'), path.join(directory, 'after')];
  for (const tree of [before, after]) mkdirSync(tree);
  return { before, after };
}

const time = new Date('2026-01-01T00:00:00.500Z');

/** A file of the same time in all trees. */
function file(name: string, content: string, ...trees: readonly string[]): void {
  for (const tree of trees) {
    mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
    writeFileSync(path.join(tree, name), content);
    utimesSync(path.join(tree, name), time, time);
  }
}

async function told(before: string | undefined, after: string, touched?: readonly string[]): Promise<string[]> {
  const found = await Array.fromAsync(treeChanges({ before, after, touched }));
  return found.flat().map(({ path: name, kind, type, size }) => `${kind} ${type} ${name}${size > 0 ? ` ${size}` : ''}`);
}

describe('the changes of a tree', () => {
  it('are none where everything is the same', async (t) => {
    const { before, after } = await twoTrees(t);
    file('a/b', 'x', before, after);
    assert.deepEqual(await told(before, after), []);
  });

  it('are what came, what went and what is different, in the order of paths', async (t) => {
    const { before, after } = await twoTrees(t);
    file('kept', 'x', before, after);
    file('gone/inside', 'x', before);
    file('dir/longer', 'x', before);
    file('dir/longer', 'xyz', after);
    file('dir/new/inside', 'x', after);
    file('mode', 'x', before, after);
    chmodSync(path.join(after, 'mode'), 0o600);
    symlinkSync('one', path.join(before, 'link'));
    symlinkSync('two', path.join(after, 'link'));
    assert.deepEqual(await told(before, after), [
      'changed file /dir/longer 3',
      'added directory /dir/new',
      'added file /dir/new/inside 1',
      'deleted directory /gone',
      'changed symlink /link',
      'changed file /mode 1',
    ]);
    assert.deepEqual((await told(undefined, after)).length, 7);
  });

  it('are one where something has another type, with what is in it now', async (t) => {
    const { before, after } = await twoTrees(t);
    file('was a directory/inside', 'x', before);
    file('was a directory', 'x', after);
    file('was a file', 'x', before);
    file('was a file/inside', 'x', after);
    assert.deepEqual(await told(before, after), [
      'changed file /was a directory 1',
      'changed directory /was a file',
      'added file /was a file/inside 1',
    ]);
  });

  it('are seen by the time of a file, and by its content where times have whole seconds', async (t) => {
    const { before, after } = await twoTrees(t);
    file('touched', 'x', before, after);
    utimesSync(path.join(after, 'touched'), time, new Date(time.getTime() + 1));
    const whole = new Date('2026-01-01T00:00:00Z');
    for (const [name, content] of [
      ['rewritten', 'y'],
      ['the same', 'x'],
    ] as const) {
      file(name, 'x', before);
      file(name, content, after);
      for (const tree of [before, after]) utimesSync(path.join(tree, name), whole, whole);
    }
    file('with a fraction', 'x', before);
    file('with a fraction', 'y', after);
    assert.deepEqual(await told(before, after), ['changed file /rewritten 1', 'changed file /touched 1']);
  });

  it('are looked for only where layers say, and there in all of them', async (t) => {
    const { before, after } = await twoTrees(t);
    file('a/here', 'x', after);
    file('b/elsewhere', 'x', after);
    mkdirSync(path.join(before, 'a'));
    mkdirSync(path.join(before, 'b'));
    const layer = path.join(path.dirname(after), 'layer');
    file('a/here', 'x', layer);
    assert.deepEqual(await told(before, after, [layer]), ['added file /a/here 1']);
    assert.deepEqual(await told(before, after, []), []);
    const other = path.join(path.dirname(after), 'other');
    file('b/elsewhere', 'x', other);
    assert.equal((await told(before, after, [layer, other])).length, 2);
  });

  it('keep to names that are no text', async (t) => {
    const { before, after } = await twoTrees(t);
    const odd = Buffer.concat([Buffer.from(`${after}/`), Buffer.from([0xff, 0x0a])]);
    writeFileSync(odd, '');
    t.after(() => rmSync(odd, { force: true }));
    assert.deepEqual(await told(before, after), ['added file /\ufffd\n']);
  });

  it('can be given up', async (t) => {
    const { before, after } = await twoTrees(t);
    const signal = AbortSignal.abort(new CanceledError('given up'));
    await assert.rejects(Array.fromAsync(treeChanges({ before, after, touched: undefined }, signal)), CanceledError);
  });
});
