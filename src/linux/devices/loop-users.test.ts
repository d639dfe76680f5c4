import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { whyNoLoopFileSystem } from '../../../tests/support/loop-file-system.js';
import { attachLoop } from './loop.js';
import { flushLoopDevices, writableLoopDevices } from './loop-users.js';

describe('writableLoopDevices', { skip: whyNoLoopFileSystem() }, () => {
  it('are those through which a file can be written to', async (t) => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'strata-loop-users-')));
    t.after(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'file');
    writeFileSync(file, Buffer.alloc(2 ** 20));
    assert.deepEqual(writableLoopDevices(file), []);
    using _reading = attachLoop(file, { readOnly: true });
    assert.deepEqual(writableLoopDevices(file), []);
    using writing = attachLoop(file);
    assert.deepEqual(writableLoopDevices(file), [writing.path]);
    await flushLoopDevices(file);
  });
});
