import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { archiveOf, ociLayout } from '../../../tests/support/make-image.js';
import { openStrata } from '../index.js';

describe('images in this process', { skip: process.geteuid?.() !== 0 && 'needs root' }, () => {
  it('go into the default snapshotter and namespace, and stay', async (t) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'strata-library-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const source = path.join(directory, 'image');
    const image = { name: 'made', layers: [[{ name: 'a', content: 'a'.repeat(3_000_000) }]] };
    writeFileSync(source, archiveOf(ociLayout([image])));
    const config = path.join(directory, 'config.toml');
    writeFileSync(config, 'version = 1\n[images]\nmax_layer_size = "2MiB"\n');
    const root = path.join(directory, 'root');
    {
      await using limited = await openStrata({ root, config, namespace: 'ci' });
      await assert.rejects(limited.images.import({ source }), { code: 'ResourceExhausted' });
    }
    {
      await using strata = await openStrata({ root, namespace: 'ci' });
      const [imported] = await strata.images.import({ source });
      assert.equal(imported?.name, 'made');
      await strata.snapshotter().prepare({ key: 'work', parent: imported?.snapshot ?? '' });
    }
    await using strata = await openStrata({ root });
    assert.deepEqual(await strata.images.list(), []);
    assert.equal((await strata.images.inspect('made', { namespace: 'ci' })).layers, 1);
  });
});
