import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { skip } from './driver.test.rig.js';
import { openBlockfileDriver } from './index.js';

describe('what images are made with', { skip }, () => {
  it('says why it cannot start, and makes nothing', async (t) => {
    const path = process.env['PATH'];
    t.after(() => {
      process.env['PATH'] = path;
    });
    const base = await mkdtemp(join(tmpdir(), 'strata-blockfile-'));
    t.after(() => rmSync(base, { recursive: true }));
    await assert.rejects(openBlockfileDriver({ root: 'relative' }), InvalidArgumentError);
    await assert.rejects(openBlockfileDriver({ root: base, mountOptions: ['ro'] }), InvalidArgumentError);
    await assert.rejects(openBlockfileDriver({ root: base, mountOptions: ['a,b'] }), InvalidArgumentError);
    await assert.rejects(openBlockfileDriver({ root: base, defaultSize: 0 }), InvalidArgumentError);
    assert.deepEqual(readdirSync(base), []);
  });
});
