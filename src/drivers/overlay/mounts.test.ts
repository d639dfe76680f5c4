import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { mountCases, open, snapshot } from './driver.test.rig.js';

describe('overlay mounts', () => {
  for (const { name, of, options = {}, want } of mountCases) {
    it(name, async (t) => {
      const driver = await open(t, options);
      const place = join(driver.root, 'snapshots');
      const [mount, ...more] = driver.mounts(snapshot(of));
      assert.ok(mount !== undefined);
      assert.deepEqual(more, []);
      assert.equal(mount.target, '');
      const got = [mount.type, mount.source, ...mount.options].map((text) => text.replaceAll(place, '<r>'));
      assert.deepEqual(got, want);
    });
  }
});
