import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { unmountAll } from './mount.js';
import { overlayParameters } from './overlay-mount.js';
import { mountWithRelativeLayers } from './relative-layers.js';

describe('mountWithRelativeLayers', { skip: process.geteuid?.() !== 0 && 'needs root' }, () => {
  it('mounts again and again, each time from the directory of its layers, and moves nobody else', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'strata-relative-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const here = process.cwd();
    for (const place of ['one', 'two']) {
      const layers = ['a', 'b'].map((name) => join(directory, place, name, 'fs'));
      for (const [n, layer] of layers.entries()) {
        mkdirSync(layer, { recursive: true });
        writeFileSync(join(layer, `${place}-${n}`), '');
      }
      const target = join(directory, place, 'target');
      mkdirSync(target);
      const data = [`lowerdir=${layers.join(':')}`];
      await mountWithRelativeLayers({ source: 'overlay', target, flags: 0, parameters: overlayParameters(data) }, data);
      try {
        assert.deepEqual(readdirSync(target).sort(), [`${place}-0`, `${place}-1`]);
      } finally {
        await unmountAll(target);
      }
    }
    assert.equal(process.cwd(), here);
    const data = [`lowerdir=${directory}/missing/a:${directory}/missing/b`];
    const mount = { source: 'overlay', target: directory, flags: 0, parameters: overlayParameters(data) };
    await assert.rejects(mountWithRelativeLayers(mount, data), { code: 'ENOENT' });
  });
});
