import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FailedPreconditionError, InvalidArgumentError, UnknownError } from '../../errors/index.js';
import { attachLoop } from '../devices/loop.js';
import { mountAll, unmountAll, unmountMounts } from './mount.js';
import type { MountSpec } from './mount-options.js';
import { mountOf } from './mount-table.js';
import { temporaryMount } from './temporary-mount.js';

const skip = process.getuid?.() !== 0 && 'needs root';

const tmpfs = (target = '', ...options: readonly string[]): MountSpec => ({
  type: 'tmpfs',
  source: 'tmpfs',
  target,
  options: ['size=1m', ...options],
});

interface Place {
  readonly root: string;
  readonly target: string;
}

function place(t: TestContext): Place {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'strata-mount-test-')));
  t.after(async () => {
    for (const name of ['target/inside', 'target/else', 'target']) await unmountAll(join(root, name), { detach: true });
    rmSync(root, { recursive: true, force: true });
  });
  for (const name of ['target', 'source', 'one', 'two', 'upper', 'work']) mkdirSync(join(root, name));
  writeFileSync(join(root, 'source/file'), '');
  return { root, target: join(root, 'target') };
}

const isMounted = (path: string): boolean => mountOf(path)?.point === path;

describe('mounting', { skip }, () => {
  it('mounts a list in its order, below each other, and unmounts it', async (t) => {
    const { target } = place(t);
    const mounts = [tmpfs(), tmpfs('inside')];
    await assert.rejects(mountAll(mounts, target), {
      code: 'NotFound',
      message: `there is no directory ${target}/inside to mount at: not found`,
    });
    assert.equal(isMounted(target), false);
    await mountAll([tmpfs()], target);
    mkdirSync(join(target, 'inside'));
    await mountAll([tmpfs('inside')], target);
    assert.equal(isMounted(join(target, 'inside')), true);
    await unmountMounts(mounts, target);
    assert.deepEqual([isMounted(join(target, 'inside')), isMounted(target)], [false, false]);
  });

  it('keeps a target inside of the directory, whatever links say', async (t) => {
    const { target } = place(t);
    mkdirSync(join(target, 'inside'));
    symlinkSync('/inside', join(target, 'link'));
    await mountAll([tmpfs('link')], target);
    assert.equal(isMounted(join(target, 'inside')), true);
  });

  it('makes a bind mount read-only', async (t) => {
    const { root, target } = place(t);
    const bind = { type: 'bind', source: join(root, 'source'), target: '' };
    await mountAll([{ ...bind, options: ['ro', 'rbind'] }], target);
    assert.throws(() => writeFileSync(join(target, 'new'), ''), { code: 'EROFS' });
    assert.deepEqual(readdirSync(target), ['file']);
  });

  it('unmounts several that lie on each other, and is content with none', async (t) => {
    const { root, target } = place(t);
    for (let n = 0; n < 3; n += 1) await mountAll([tmpfs()], target);
    await unmountAll(target);
    assert.equal(isMounted(target), false);
    await unmountAll(target);
    await unmountAll(join(root, 'missing'));
  });

  it('unmounts what is inside as well when it is asked to, and nothing inside of what is no mount itself', async (t) => {
    const { root, target } = place(t);
    for (const depth of ['', 'inside', 'inside/more']) {
      mkdirSync(join(target, depth), { recursive: true });
      await mountAll([tmpfs()], join(target, depth));
      if (depth === 'inside') await mountAll([tmpfs()], join(target, depth));
    }
    assert.equal(await unmountAll(root, { recursive: true }), false);
    assert.equal(isMounted(join(target, 'inside')), true);
    assert.equal(await unmountAll(target, { recursive: true }), true);
    assert.deepEqual([isMounted(target), readdirSync(target)], [false, []]);
    assert.equal(await unmountAll(target, { recursive: true }), false);
  });

  it('names the mounts, the processes and the loop devices that hold it', async (t) => {
    const { target } = place(t);
    await mountAll([tmpfs()], target);
    mkdirSync(join(target, 'inside'));
    await mountAll([tmpfs()], join(target, 'inside'));
    const file = join(target, 'file');
    writeFileSync(file, Buffer.alloc(2 ** 19));
    const sleeper = spawn('sleep', ['600'], { cwd: target, stdio: 'ignore' });
    const tail = spawn('sleep', ['600'], { stdio: [openSync(file, 'r'), 'ignore', 'ignore'] });
    t.after(() => {
      for (const child of [sleeper, tail]) child.kill();
    });
    {
      using device = attachLoop(file);
      await assert.rejects(unmountAll(target), (error) => {
        assert.ok(error instanceof FailedPreconditionError);
        for (const part of [
          `failed to unmount target ${target}: it is in use: mounted inside: ${target}/inside; `,
          `process ${sleeper.pid} (sleep) works in ${target}`,
          `process ${tail.pid} (sleep) has open ${file}`,
          `${device.path} is attached to ${file}`,
        ]) {
          assert.ok(error.message.includes(part), `${part}: ${error.message}`);
        }
        return true;
      });
    }
  });

  it("says in containerd's words what the kernel refused", async (t) => {
    const { target } = place(t);
    await assert.rejects(
      mountAll([{ type: 'nonsense', source: 'x', target: '', options: ['a', 'ro'] }], target),
      (error) => {
        assert.ok(error instanceof UnknownError);
        const what = `mount source: "x", target: "${target}", fstype: nonsense, flags: 1, data: "a", err: `;
        assert.ok(error.message.startsWith(what), error.message);
        return true;
      },
    );
  });

  it('says what is wrong with the directory to mount at', async (t) => {
    const { root } = place(t);
    const bind = { type: 'bind', source: join(root, 'source'), target: '', options: ['rbind'] };
    const layers = [`lowerdir=${root}/one`, `upperdir=${root}/upper`, `workdir=${root}/work`];
    for (const spec of [bind, tmpfs(), { type: 'overlay', source: 'overlay', target: '', options: layers }]) {
      await assert.rejects(mountAll([spec], join(root, 'nope')), { code: 'NotFound', message: /nope to mount at/ });
      const file = { code: 'FailedPrecondition', message: /source\/file is to be mounted at, and is no directory/ };
      await assert.rejects(mountAll([spec], join(root, 'source/file')), file);
    }
  });

  it('mounts nothing when one of the options is bad', async (t) => {
    const { target } = place(t);
    await assert.rejects(mountAll([tmpfs(), tmpfs('', 'X-containerd.x')], target), InvalidArgumentError);
    await assert.rejects(mountAll([tmpfs('', `x=${'y'.repeat(5000)}`)], target), InvalidArgumentError);
    await assert.rejects(mountAll([tmpfs()], target, { signal: AbortSignal.abort() }), { code: 'Canceled' });
    assert.equal(isMounted(target), false);
  });

  it('waits for a mount that is in use, as long as it is not given up', async (t) => {
    const { target } = place(t);
    await mountAll([tmpfs()], target);
    const before = process.cwd();
    process.chdir(target);
    try {
      const giveUp = new AbortController();
      const unmounting = unmountAll(target, { signal: giveUp.signal });
      setImmediate(() => giveUp.abort());
      await assert.rejects(unmounting, { code: 'Canceled' });
    } finally {
      process.chdir(before);
    }
    await unmountAll(target);
    assert.equal(isMounted(target), false);
  });
});

describe('a temporary mount', { skip }, () => {
  it('is gone with its directory when it is disposed, and never without its synchronisation', async (t) => {
    const { root } = place(t);
    const layers = [`lowerdir=${root}/one`, `upperdir=${root}/upper`, `workdir=${root}/work`];
    const options = [...layers, 'volatile'];
    const overlay = { type: 'overlay', source: 'overlay', target: '', options };
    {
      await using mounted = await temporaryMount([overlay], { directory: root });
      assert.equal(mountOf(mounted.path)?.options.includes('volatile'), false);
      writeFileSync(join(mounted.path, 'new'), '');
    }
    assert.deepEqual(readdirSync(join(root, 'upper')), ['new']);
    assert.deepEqual(
      readdirSync(root).filter((name) => name.startsWith('strata-mount-')),
      [],
    );
  });

  it('leaves nothing when it fails', async (t) => {
    const { root } = place(t);
    await assert.rejects(temporaryMount([tmpfs(), tmpfs('inside')], { directory: root }));
    assert.deepEqual(
      readdirSync(root).filter((name) => name.startsWith('strata-mount-')),
      [],
    );
  });
});
