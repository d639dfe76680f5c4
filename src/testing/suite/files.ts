import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaseContext, SuiteCase } from './case.js';

/** Prepares a layer, lets `change` work in its mounted files, and commits it. */
async function layer(
  { snapshotter, call, mount }: CaseContext,
  { name, parent = '' }: { readonly name: string; readonly parent?: string },
  change: (root: string) => Promise<void>,
): Promise<void> {
  const mounts = await snapshotter.prepare({ key: `make ${name}`, parent }, call);
  {
    await using mounted = await mount(mounts);
    await change(mounted.path);
  }
  await snapshotter.commit({ key: `make ${name}`, name }, call);
}

/** Looks at the files of a layer through a view. */
async function look(
  { snapshotter, call, mount }: CaseContext,
  parent: string,
  check: (root: string) => Promise<void>,
): Promise<void> {
  const key = `look at ${parent}`;
  const mounts = await snapshotter.view({ key, parent }, call);
  {
    await using mounted = await mount(mounts);
    await check(mounted.path);
  }
  await snapshotter.remove(key, call);
}

const text = (root: string, name: string): Promise<string> => readFile(join(root, name), 'utf8');

/** What mounted snapshots show. */
export const fileCases: readonly SuiteCase[] = [
  {
    title: 'a layer shows its own files and those below it',
    needsMount: true,
    run: async (context) => {
      await layer(context, { name: 'one' }, async (root) => {
        await writeFile(join(root, 'kept'), 'one');
        await writeFile(join(root, 'changed'), 'one');
        await writeFile(join(root, 'deleted'), 'one');
        await mkdir(join(root, 'dir'));
        await writeFile(join(root, 'dir/inside'), 'one');
      });
      await layer(context, { name: 'two', parent: 'one' }, async (root) => {
        await writeFile(join(root, 'changed'), 'two');
        await rm(join(root, 'deleted'));
        await rm(join(root, 'dir'), { recursive: true });
        await mkdir(join(root, 'dir'));
        await writeFile(join(root, 'dir/new'), 'two');
        await symlink('kept', join(root, 'link'));
      });
      await look(context, 'two', async (root) => {
        assert.deepEqual((await readdir(root)).sort(), ['changed', 'dir', 'kept', 'link']);
        assert.equal(await text(root, 'changed'), 'two');
        assert.equal(await text(root, 'link'), 'one');
        assert.deepEqual(await readdir(join(root, 'dir')), ['new']);
      });
      await look(context, 'one', async (root) => {
        assert.equal(await text(root, 'changed'), 'one');
        assert.equal(await text(root, 'dir/inside'), 'one');
      });
    },
  },
  {
    title: 'a view cannot be written to',
    needsMount: true,
    run: async (context) => {
      await layer(context, { name: 'one' }, (root) => writeFile(join(root, 'a'), 'one'));
      await layer(context, { name: 'two', parent: 'one' }, (root) => writeFile(join(root, 'b'), 'two'));
      for (const parent of ['one', 'two']) {
        await look(context, parent, async (root) => {
          await assert.rejects(writeFile(join(root, 'c'), 'no'), { code: 'EROFS' });
        });
      }
    },
  },
  {
    title: 'two snapshots over one layer do not see each other',
    needsMount: true,
    run: async (context) => {
      const { snapshotter, call, mount } = context;
      await layer(context, { name: 'base' }, (root) => writeFile(join(root, 'a'), 'base'));
      await using left = await mount(await snapshotter.prepare({ key: 'left', parent: 'base' }, call));
      await using right = await mount(await snapshotter.prepare({ key: 'right', parent: 'base' }, call));
      await writeFile(join(left.path, 'a'), 'left');
      await rename(join(right.path, 'a'), join(right.path, 'b'));
      assert.equal(await text(left.path, 'a'), 'left');
      assert.equal(await text(right.path, 'b'), 'base');
    },
  },
  {
    title: 'files that were written survive the commit of a chain of twenty layers',
    needsMount: true,
    run: async (context) => {
      for (let n = 1; n <= 20; n++) {
        const parent = n === 1 ? '' : `layer ${n - 1}`;
        await layer(context, { name: `layer ${n}`, parent }, async (root) => {
          await writeFile(join(root, `file ${n}`), String(n));
          await writeFile(join(root, 'last'), String(n));
        });
      }
      await look(context, 'layer 20', async (root) => {
        assert.equal((await readdir(root)).length, 21);
        assert.equal(await text(root, 'last'), '20');
        assert.equal(await text(root, 'file 1'), '1');
      });
    },
  },
  {
    title: 'the root of a new snapshot has mode 0755',
    needsMount: true,
    run: async ({ snapshotter, call, mount }) => {
      await using mounted = await mount(await snapshotter.prepare({ key: 'k' }, call));
      assert.equal((await stat(mounted.path)).mode & 0o7777, 0o755);
    },
  },
  {
    title: 'usage grows with what is written, is kept by a commit, and is nothing for a view',
    needsMount: true,
    run: async (context) => {
      const { snapshotter, call, mount } = context;
      const empty = await usageAfter(
        context,
        'k',
        await snapshotter.prepare({ key: 'k' }, call),
        async () => undefined,
      );
      const full = await usageAfter(context, 'k', await snapshotter.mounts('k', call), async (root) => {
        await writeFile(join(root, 'big'), Buffer.alloc(1 << 20, 1));
      });
      assert.ok(full.size >= empty.size + (1 << 20), `${full.size} is not a MiB more than ${empty.size}`);
      assert.ok(full.inodes >= empty.inodes);
      await snapshotter.commit({ key: 'k', name: 'n' }, call);
      assert.ok((await snapshotter.usage('n', call)).size >= 1 << 20);
      await using _view = await mount(await snapshotter.view({ key: 'v', parent: 'n' }, call));
      assert.deepEqual(await snapshotter.usage('v', call), { size: 0, inodes: 0 });
    },
  },
];

async function usageAfter(
  { snapshotter, call, mount }: CaseContext,
  key: string,
  mounts: Awaited<ReturnType<CaseContext['snapshotter']['mounts']>>,
  change: (root: string) => Promise<void>,
): ReturnType<CaseContext['snapshotter']['usage']> {
  await using mounted = await mount(mounts);
  await change(mounted.path);
  return snapshotter.usage(key, call);
}
