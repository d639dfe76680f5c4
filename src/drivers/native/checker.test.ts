import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type CheckedFiles, noContext, noUsage } from '../../snapshots/index.js';
import { diskUsage } from '../../trees/index.js';
import { nativeChecker } from './checker.js';

describe('nativeChecker', () => {
  it('wants a tree of each snapshot but of a view over a parent, and knows what a layer took', async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'strata-native-check-'));
    t.after(() => rmSync(root, { recursive: true }));
    const checker = nativeChecker(root);
    const kinds = async (of: Partial<CheckedFiles>) => {
      const files: CheckedFiles = { id: '1', kind: 'committed', parentIds: [], usage: noUsage, ...of };
      return (await checker.inspect(files, 'normal', noContext)).problems.map(({ kind }) => kind);
    };
    assert.deepEqual(await kinds({ kind: 'view', parentIds: ['7'] }), []);
    assert.deepEqual(await kinds({}), ['missing-directory']);
    mkdirSync(join(root, 'snapshots', '1'), { recursive: true });
    writeFileSync(join(root, 'snapshots', '1', 'file'), 'x');
    assert.deepEqual(await kinds({ usage: await diskUsage(join(root, 'snapshots', '1')) }), []);
    assert.deepEqual(await kinds({ usage: { size: 2 ** 30, inodes: 5 } }), ['usage-differs']);
    assert.deepEqual(checker.pathsOf('1'), [join(root, 'snapshots', '1'), join(root, 'file-lists', '1')]);
  });
});
