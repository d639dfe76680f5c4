import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { whyNoLoopFileSystem } from '../../../tests/support/loop-file-system.js';
import { attachLoop, temporaryMount } from '../../linux/index.js';
import { formatDevice } from './format.js';

describe('formatDevice', { skip: whyNoLoopFileSystem('ext4') }, () => {
  it('makes a file system in which nothing is', async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'strata-format-'));
    t.after(() => rmSync(root, { recursive: true }));
    const image = join(root, 'image');
    writeFileSync(image, '');
    truncateSync(image, 16 * 2 ** 20);
    using device = attachLoop(image);
    const directory = join(root, '');
    await formatDevice(device.path, { fileSystem: 'ext4', fileSystemOptions: [], root: directory });
    await using mounted = await temporaryMount([{ type: 'ext4', source: device.path, target: '', options: [] }]);
    assert.deepEqual(readdirSync(mounted.path), []);
    const options = { fileSystem: 'ext4', fileSystemOptions: ['--no-such-option'], root: directory } as const;
    await assert.rejects(formatDevice(image, options), /mkfs/);
  });
});
