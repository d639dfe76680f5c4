import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { draftOf, readFileList, writeFileListNow } from './list-file.js';
import { entriesOf } from './listed-entry.js';

const goOn = () => false;

function place(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'strata-list-file-'));
  t.after(() => rmSync(root, { recursive: true }));
  const [tree, fileList] = [join(root, 'tree'), join(root, 'list')];
  mkdirSync(tree);
  for (let n = 0; n < 5; n++) writeFileSync(join(tree, `${n}`), `${n}`);
  return { root, tree, fileList };
}

describe('the file of a list', () => {
  it('has what is in the tree', (t) => {
    const { tree, fileList } = place(t);
    writeFileSync(draftOf(fileList), 'left by a process that was killed');
    assert.equal(writeFileListNow({ tree, fileList }, goOn), true);
    assert.deepEqual([...readFileList(fileList)], [...entriesOf(tree, goOn)]);
  });

  it('is there as a whole or not at all', (t) => {
    const { root, tree, fileList } = place(t);
    assert.equal(
      writeFileListNow({ tree, fileList }, () => true),
      false,
    );
    assert.throws(() => writeFileListNow({ tree: join(root, 'missing'), fileList }, goOn), { code: 'ENOENT' });
    assert.deepEqual(readdirSync(root), ['tree']);
    assert.throws(() => [...readFileList(fileList)], { code: 'ENOENT' });
  });

  it('is refused when a byte of it is another, or its end is missing', (t) => {
    const { tree, fileList } = place(t);
    writeFileListNow({ tree, fileList }, goOn);
    const text = readFileSync(fileList, 'utf8');
    const lines = text.split('\n');
    for (const damaged of [text.replace('"file"', '"fifo"'), lines.slice(0, -2).join('\n'), '', 'nonsense']) {
      writeFileSync(fileList, damaged);
      assert.throws(() => [...readFileList(fileList)], Error);
    }
  });
});
