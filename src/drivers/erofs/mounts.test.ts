import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { noFaults } from '../../base/index.js';
import { type DriverSnapshot, noLabels } from '../../snapshots/index.js';
import { overlayMounts } from '../kit/overlay-mounts.js';
import { BlockImages } from './block-images.js';
import { placesBelow } from './files.js';
import { mountSettings } from './mounts.js';

describe('what erofs mounts', () => {
  it('are directories, over layers that are mounted', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'strata-erofs-mounts-'));
    t.after(() => rmSync(root, { recursive: true }));
    const places = placesBelow(root);
    const setup = { loop: false, verity: false, remapIds: false, overlayOptions: ['index=off'], capabilities: [] };
    const settings = mountSettings(places, new BlockImages(places, noFaults), setup);
    const snapshot: DriverSnapshot = { id: '9', kind: 'active', parentIds: ['4', '2'], labels: noLabels };
    const [mount] = overlayMounts(snapshot, settings);
    assert.deepEqual(
      mount?.options.map((option) => option.replaceAll(places.snapshots, '<s>')),
      ['workdir=<s>/9/work', 'upperdir=<s>/9/fs', 'lowerdir=<s>/4/layer:<s>/2/layer', 'index=off'],
    );
  });
});
