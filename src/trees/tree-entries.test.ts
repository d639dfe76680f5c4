import assert from 'node:assert/strict';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { directoryCalls } from '../linux/index.js';
import { entryAt, forEachEntry, ifThere } from './tree-entries.js';

describe('the entries of a directory', () => {
  it('are the same by our own calls and by those of Node', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'strata-entries-'));
    t.after(() => rmSync(root, { recursive: true }));
    mkdirSync(join(root, 'directory'));
    writeFileSync(join(root, 'file'), 'x'.repeat(5000));
    linkSync(join(root, 'file'), join(root, 'linked'));
    symlinkSync('nowhere', join(root, 'link'));
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.of(0xff)]), '');
    const [ours, nodes] = [directoryCalls(), undefined].map((calls) => {
      const found: object[] = [];
      const visit = ({ name, isDirectory, isFile, links, blocks, size, identity }: ReturnType<typeof entryAt>) => {
        // Each way has numbers of its own for a device.
        const inode = identity.replace(/^.*\D/, '');
        found.push({ name, isDirectory, isFile, links, blocks, size, inode });
        return true;
      };
      forEachEntry(root, visit, calls);
      return found.sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
    });
    assert.equal(ours?.length, 5);
    assert.deepEqual(ours, nodes);
    for (const calls of [directoryCalls(), undefined]) {
      let visited = 0;
      forEachEntry(root, () => ++visited < 2, calls);
      assert.equal(visited, 2);
      assert.throws(() => forEachEntry(join(root, 'missing'), () => true, calls), { code: 'ENOENT' });
    }
    assert.equal(entryAt(Buffer.from(join(root, 'file'))).links, 2);
  });

  it('that vanish are nothing, and other errors are errors', () => {
    const failing = (code: string) => () => {
      throw Object.assign(new Error(code), { code });
    };
    for (const code of ['ENOENT', 'ENOTDIR', 'ESTALE']) assert.equal(ifThere(failing(code)), undefined);
    assert.throws(() => ifThere(failing('EIO')), { code: 'EIO' });
    assert.equal(
      ifThere(() => 7),
      7,
    );
  });
});
