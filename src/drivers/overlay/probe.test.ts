import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { facts, type Options, open, snapshot } from './driver.test.rig.js';
import type { OverlayFacts, OverlayOptions } from './index.js';
import { resolveOverlayOptions } from './options.js';
import { probeOverlay } from './probe.js';

describe('userxattr', () => {
  const inside = { inUserNamespace: true, hasIndexOption: false };
  const cases: readonly [string, Partial<OverlayFacts>, boolean][] = [
    ['not outside of user namespaces', { hasIndexOption: false }, false],
    ['inside, since 5.11', inside, true],
    ['not on tmpfs', { ...inside, fileSystemMagic: () => 0x01021994 }, false],
    [
      'on older kernels when a trial says so',
      { ...inside, kernel: { major: 5, minor: 10 }, mountsWithUserXattr: async () => true },
      true,
    ],
    ['on older kernels not otherwise', { ...inside, kernel: { major: 5, minor: 10 } }, false],
  ];
  for (const [name, given, want] of cases) {
    it(name, async (t) => {
      const driver = await open(t, { facts: given });
      const [mount] = driver.mounts(snapshot({ kind: 'view', parentIds: ['2', '1'] }));
      assert.equal(mount?.options.includes('userxattr'), want);
    });
  }
});

describe('overlay capabilities', () => {
  const untried = (kernel: OverlayFacts['kernel']) => ({ kernel, mountsWithMappedIds: async () => undefined });
  const cases: readonly [Options, readonly string[]][] = [
    [{}, ['remap-ids', 'only-remap-ids', 'rebase']],
    [{ slowChown: true }, ['remap-ids', 'rebase']],
    [{ facts: { mountsWithMappedIds: async () => false } }, ['only-remap-ids', 'rebase']],
    [{ facts: untried({ major: 5, minor: 18 }) }, ['only-remap-ids', 'rebase']],
    [{ facts: untried({ major: 5, minor: 19 }) }, ['remap-ids', 'only-remap-ids', 'rebase']],
    [{ facts: { inUserNamespace: true } }, ['remap-ids', 'only-remap-ids']],
    [{ facts: { ...untried({ major: 6, minor: 18 }), inUserNamespace: true } }, ['only-remap-ids']],
  ];
  for (const [options, want] of cases) {
    it(want.join(), async (t) => assert.deepEqual((await open(t, options)).capabilities.names, want));
  }
});

describe('the depth of chains that are merged', () => {
  const cases: readonly [Pick<OverlayOptions, 'flattenDepth'>, boolean | undefined, number][] = [
    [{}, true, 128],
    [{}, false, 0],
    [{}, undefined, 0],
    [{ flattenDepth: 'auto' }, true, 128],
    [{ flattenDepth: 40 }, false, 40],
    [{ flattenDepth: 0 }, true, 0],
  ];
  for (const [options, shares, want] of cases) {
    it(`${options.flattenDepth} where copies share blocks: ${shares}`, async () => {
      const given = { ...facts, sharesBlocks: async () => shares };
      const setup = await probeOverlay(resolveOverlayOptions({ root: tmpdir(), ...options, facts: given }));
      assert.equal(setup.flattenDepth, want);
    });
  }
});
