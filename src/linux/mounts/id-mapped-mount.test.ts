import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { performIdMapped } from './id-mapped-mount.js';
import { mountAll, unmountAll } from './mount.js';
import { type MountSpec, parseMountOptions } from './mount-options.js';

const skip = process.getuid?.() !== 0 && 'needs root';

/** Two ranges: the container's root, and its user 1000. */
const maps = ['uidmap=0:100000:1000,1000:300000:10', 'gidmap=0:200000:1000,1000:400000:10'];

/** Ways of giving overlay its mapped layers, by the kernel that they are for. */
const ways = [
  { name: 'by descriptor', kernel: { major: 6, minor: 13 } },
  { name: 'attached for a moment', kernel: { major: 6, minor: 12 } },
] as const;

interface Place {
  readonly root: string;
  readonly target: string;
  readonly overlay: MountSpec;
}

/** Two layers and an upper directory, as a snapshot over two others has them. */
function place(t: TestContext): Place {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'strata-idmapped-')));
  t.after(async () => {
    for (const point of mountsBelow(root).reverse()) await unmountAll(point, { detach: true });
    rmSync(root, { recursive: true, force: true });
  });
  for (const name of ['target', 'one', 'two', 'upper', 'work']) mkdirSync(join(root, name));
  writeFileSync(join(root, 'one/of-root'), 'root');
  writeFileSync(join(root, 'two/of-user'), 'user');
  chownSync(join(root, 'two/of-user'), 1000, 1000);
  chownSync(join(root, 'upper'), 100_000, 200_000);
  const layers = [`workdir=${root}/work`, `upperdir=${root}/upper`, `lowerdir=${root}/two:${root}/one`];
  const overlay = { type: 'overlay', source: 'overlay', target: '', options: [...maps, ...layers] };
  return { root, target: join(root, 'target'), overlay };
}

/** The mount points below a directory, in the order of mounting. */
function mountsBelow(directory: string): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
  return lines.map((line) => line.split(' ')[4] ?? '').filter((point) => point.startsWith(`${directory}/`));
}

const ownerOf = (path: string): number[] => [statSync(path).uid, statSync(path).gid];

/** What a mount could leave behind: mounts below a directory, open files of this process, directories. */
function traces(root: string): Record<string, unknown> {
  return {
    mounts: mountsBelow(root),
    open: readdirSync('/proc/self/fd').length,
    left: readdirSync(root).filter((name) => name.startsWith('strata-')),
  };
}

const perform = (mount: MountSpec, target: string, kernel = { major: 6, minor: 13 }): Promise<void> => {
  const prepared = { spec: mount, ...parseMountOptions(mount.options) };
  const { idMapping: mapping } = prepared;
  assert.ok(mapping !== undefined);
  return performIdMapped({ mount: prepared, mapping, target, kernel });
};

describe('mounts with mapped ids', { skip }, () => {
  for (const { name, kernel } of ways) {
    it(`shows the layers of an overlay with the ids of the host, ${name}`, async (t) => {
      const { root, target, overlay } = place(t);
      await perform(overlay, target, kernel);
      assert.deepEqual(ownerOf(join(target, 'of-root')), [100_000, 200_000]);
      assert.deepEqual(ownerOf(join(target, 'of-user')), [300_000, 400_000]);
      assert.deepEqual(ownerOf(join(root, 'one/of-root')), [0, 0]);
    });

    it(`writes to the upper directory with the ids of the host, ${name}`, async (t) => {
      const { root, target, overlay } = place(t);
      await perform(overlay, target, kernel);
      writeFileSync(join(target, 'new'), '');
      chownSync(join(target, 'new'), 100_005, 200_005);
      chmodSync(join(target, 'of-root'), 0o600);
      assert.deepEqual(ownerOf(join(root, 'upper/new')), [100_005, 200_005]);
      assert.deepEqual(ownerOf(join(root, 'upper/of-root')), [100_000, 200_000]);
    });
  }

  it('maps a bind mount itself, both ways', async (t) => {
    const { root, target } = place(t);
    const options = [...maps, 'rw', 'rbind'];
    await mountAll([{ type: 'bind', source: join(root, 'one'), target: '', options }], target);
    assert.deepEqual(ownerOf(join(target, 'of-root')), [100_000, 200_000]);
    chownSync(join(target, 'of-root'), 300_001, 400_001);
    assert.deepEqual(ownerOf(join(root, 'one/of-root')), [1001, 1001]);
  });

  it('keeps a read-only bind mount read-only', async (t) => {
    const { root, target } = place(t);
    const options = [...maps, 'ro', 'noatime', 'rbind'];
    await mountAll([{ type: 'bind', source: join(root, 'one'), target: '', options }], target);
    assert.throws(() => writeFileSync(join(target, 'new'), ''), { code: 'EROFS' });
    assert.deepEqual(ownerOf(join(target, 'of-root')), [100_000, 200_000]);
  });

  it('maps any other file system by a copy of its mount, of which one is left', async (t) => {
    const { root, target } = place(t);
    await mountAll([{ type: 'tmpfs', source: 'tmpfs', target: '', options: maps }], target);
    assert.deepEqual(ownerOf(target), [100_000, 200_000]);
    assert.deepEqual(mountsBelow(root), [target]);
  });

  it('ignores one map without the other', async (t) => {
    const { root, target } = place(t);
    const options = ['uidmap=0:100000:1000', 'bind'];
    await mountAll([{ type: 'bind', source: join(root, 'one'), target: '', options }], target);
    assert.deepEqual(ownerOf(join(target, 'of-root')), [0, 0]);
  });
});

/** Each step at which a mount can fail, with a mount that fails there. */
const failures: readonly {
  readonly name: string;
  readonly change: (place: Place) => Partial<MountSpec> & { readonly at?: string };
  readonly want: { readonly code?: string } | typeof InvalidArgumentError;
}[] = [
  {
    name: 'the namespace, since ranges overlap',
    change: ({ overlay }) => ({ options: [...overlay.options, 'uidmap=0:1:10,5:20:10'] }),
    want: InvalidArgumentError,
  },
  {
    name: 'the copy of the second layer',
    change: ({ root }) => ({ options: [...maps, `lowerdir=${root}/two:${root}/missing`] }),
    want: { code: 'ENOENT' },
  },
  {
    name: 'the mapping of the second layer',
    change: ({ root }) => ({ options: [...maps, `lowerdir=${root}/two:/proc/self/task`] }),
    want: { code: 'EINVAL' },
  },
  {
    name: 'the making of the overlay',
    change: ({ overlay }) => ({ options: [...overlay.options, 'nonsense=1'] }),
    want: { code: 'EINVAL' },
  },
  {
    name: 'the attaching of the overlay',
    change: ({ root }) => ({ at: join(root, 'missing') }),
    want: { code: 'ENOENT' },
  },
  {
    name: 'the copy of a bind mount',
    change: ({ root }) => ({ type: 'bind', source: join(root, 'missing'), options: [...maps, 'bind'] }),
    want: { code: 'ENOENT' },
  },
  {
    name: 'the mapping of a bind mount',
    change: () => ({ type: 'bind', source: '/proc/self/task', options: [...maps, 'bind'] }),
    want: { code: 'EINVAL' },
  },
  {
    name: 'the mapping of another file system',
    change: () => ({ type: 'proc', source: 'proc', options: maps }),
    want: { code: 'EINVAL' },
  },
];

describe('a mount with mapped ids that fails', { skip }, () => {
  for (const way of ways) {
    for (const { name, change, want } of failures) {
      it(`leaves nothing: ${name}, ${way.name}`, async (t) => {
        const made = place(t);
        const before = process.env['TMPDIR'];
        process.env['TMPDIR'] = made.root;
        t.after(() => {
          if (before === undefined) delete process.env['TMPDIR'];
          else process.env['TMPDIR'] = before;
        });
        const { at = made.target, ...changed } = change(made);
        const spec = { ...made.overlay, ...changed };
        // What is loaded at first need is loaded.
        await assert.rejects(perform(spec, at, way.kernel), want);
        const clean = traces(made.root);
        await assert.rejects(perform(spec, at, way.kernel), want);
        assert.deepEqual(traces(made.root), clean);
        assert.deepEqual([clean['mounts'], clean['left']], [[], []]);
      });
    }
  }

  it('leaves nothing when it is given up', async (t) => {
    const { root, target, overlay } = place(t);
    const clean = traces(root);
    await assert.rejects(mountAll([overlay], target, { signal: AbortSignal.abort() }), { code: 'Canceled' });
    const giveUp = new AbortController();
    const mounting = mountAll([overlay], target, { signal: giveUp.signal });
    giveUp.abort();
    await assert.rejects(mounting, { code: 'Canceled' });
    assert.deepEqual(traces(root), clean);
  });
});
