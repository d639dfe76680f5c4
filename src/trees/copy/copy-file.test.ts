import assert from 'node:assert/strict';
import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { copyContent } from './copy-file.js';

function place(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'strata-copy-file-'));
  t.after(() => rmSync(root, { recursive: true }));
  return { from: join(root, 'from'), to: join(root, 'to') };
}

/** Does all steps. @returns how often the file was whole. */
function copy(from: string, to: string): number {
  let finished = 0;
  for (const _ of copyContent(Buffer.from(from), Buffer.from(to), () => void finished++));
  return finished;
}

describe('copyContent', () => {
  it('copies what is in a file, and its holes, for nobody else to touch meanwhile', (t) => {
    const { from, to } = place(t);
    writeFileSync(from, 'begin');
    truncateSync(from, 2 ** 26);
    writeFileSync(from, 'x', { flag: 'a' });
    assert.equal(copy(from, to), 1);
    assert.equal(Buffer.compare(readFileSync(from), readFileSync(to)), 0);
    assert.ok(lstatSync(to).blocks * 512 <= 2 ** 20, 'holes are holes');
    assert.equal(lstatSync(to).mode & 0o7777, 0o600);
  });

  it('touches nothing that is there, and follows no link', (t) => {
    const { from, to } = place(t);
    writeFileSync(from, '');
    writeFileSync(to, 'kept');
    assert.throws(() => copy(from, to), { code: 'EEXIST' });
    assert.equal(readFileSync(to, 'utf8'), 'kept');
    symlinkSync('from', `${from}.link`);
    assert.throws(() => copy(`${from}.link`, `${to}.new`), { code: 'ELOOP' });
  });

  it('closes both files when it is given up', (t) => {
    const { from, to } = place(t);
    writeFileSync(from, Buffer.alloc(2 ** 24, 7));
    let finished = 0;
    const steps = copyContent(Buffer.from(from), Buffer.from(to), () => void finished++);
    const first = steps.next();
    steps.return();
    // Where blocks are shared, one step does it all.
    assert.equal(finished, first.done === true ? 1 : 0);
    assert.equal(steps.next().done, true);
  });
});
