import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { isAtLeast, kernelVersion } from '../calls/kernel-facts.js';
import { unmountAll } from './mount.js';
import { type MountSpec, parseMountOptions } from './mount-options.js';
import { performMount } from './perform-mount.js';

/** Kernels that take overlays with more than a page of options in different ways. */
const kernels = [
  { name: 'a call per layer', kernel: { major: 6, minor: 5 } },
  { name: 'paths made shorter', kernel: { major: 5, minor: 11 } },
].filter(({ kernel }) => isAtLeast(kernelVersion(), kernel));

interface Place {
  readonly root: string;
  readonly target: string;
}

function place(t: TestContext): Place {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'strata-deep-')));
  const target = join(root, 'target');
  t.after(async () => {
    await unmountAll(target, { detach: true });
    rmSync(root, { recursive: true, force: true });
  });
  for (const name of ['target', 'upper', 'work', 'layers']) mkdirSync(join(root, name));
  return { root, target };
}

/** Layers, topmost first: each has a file of its own, and `last` with its number. */
function makeLayers(root: string, count: number, nameOf: (n: number) => string = String): MountSpec {
  const layers: string[] = [];
  for (let n = 1; n <= count; n += 1) {
    const layer = join(root, 'layers', nameOf(n), 'fs');
    mkdirSync(layer, { recursive: true });
    writeFileSync(join(layer, `file-${n}`), '');
    writeFileSync(join(layer, 'last'), String(n));
    layers.unshift(layer.replaceAll(':', '\\:'));
  }
  const options = [`workdir=${root}/work`, `upperdir=${root}/upper`, `lowerdir=${layers.join(':')}`];
  return { type: 'overlay', source: 'overlay', target: '', options };
}

const prepared = (spec: MountSpec) => ({ spec, ...parseMountOptions(spec.options) });

describe('overlays with more than a page of options', { skip: process.getuid?.() !== 0 && 'needs root' }, () => {
  for (const { name, kernel } of kernels) {
    it(`have the files of all layers, with ${name}`, async (t) => {
      const { root, target } = place(t);
      const before = readlinkSync('/proc/self/cwd');
      const spec = makeLayers(root, 300);
      await performMount(prepared(spec), target, { kernel });
      assert.equal(readdirSync(target).length, 301);
      assert.equal(readFileSync(join(target, 'last'), 'utf8'), '300');
      writeFileSync(join(target, 'last'), 'changed');
      assert.deepEqual(readdirSync(join(root, 'upper')), ['last']);
      // Node remembers what process.cwd() once was.
      assert.equal(readlinkSync('/proc/self/cwd'), before);
    });

    it(`have layers with colons in their names, with ${name}`, async (t) => {
      const { root, target } = place(t);
      await performMount(prepared(makeLayers(root, 120, (n) => `${n}:with-a-colon`)), target, { kernel });
      assert.equal(readdirSync(target).length, 121);
    });

    it(`are refused in plain words beyond 500 layers, with ${name}`, async (t) => {
      const { root, target } = place(t);
      await assert.rejects(performMount(prepared(makeLayers(root, 501)), target, { kernel }), (error) => {
        assert.ok(error instanceof InvalidArgumentError);
        assert.match(error.message, /overlay takes at most 500 layers below, and these are 501/);
        return true;
      });
    });

    it(`say what the kernel says when a layer is missing, with ${name}`, async (t) => {
      const { root, target } = place(t);
      const spec = makeLayers(root, 100);
      rmSync(join(root, 'layers/50'), { recursive: true });
      await assert.rejects(performMount(prepared(spec), target, { kernel }), { code: 'ENOENT' });
    });
  }

  it('may have 500 layers', async (t) => {
    const { root, target } = place(t);
    await performMount(prepared(makeLayers(root, 500)), target);
    assert.equal(readdirSync(target).length, 501);
  });

  it('are too long for an older kernel when their paths have nothing in common', async (t) => {
    const { target } = place(t);
    const layers = Array.from({ length: 100 }, (_, n) => `/${n}${'x'.repeat(60)}/fs`);
    const spec = { type: 'overlay', source: 'overlay', target: '', options: [`lowerdir=${layers.join(':')}`] };
    await assert.rejects(
      performMount(prepared(spec), target, { kernel: { major: 6, minor: 4 } }),
      InvalidArgumentError,
    );
  });
});
