import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, statfsSync } from 'node:fs';
import { mkdtemp, readFile, rm, rmdir, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { whyNoLoopFileSystem } from '../../../tests/support/loop-file-system.js';
import { until } from '../../../tests/support/until.js';
import { mountAll, unmountAll } from '../mounts/mount.js';
import { makeFileSystem } from '../volumes/make-file-system.js';
import { attachLoop, type LoopDevice } from './loop.js';
import { loopDevicesOf } from './loop-users.js';

const MIB = 2 ** 20;
const skip = whyNoLoopFileSystem('ext4');

async function directory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'strata-loop-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function image(t: TestContext, size = MIB): Promise<string> {
  const path = join(await directory(t), 'image');
  await writeFile(path, '');
  await truncate(path, size);
  return path;
}

/** The file behind a device; undefined when it has none. */
function backingFile({ path }: LoopDevice): string | undefined {
  try {
    return readFileSync(`/sys/block/${basename(path)}/loop/backing_file`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

describe('attachLoop', { skip }, () => {
  it('makes a file a device, of which nothing is left when it is closed', async (t) => {
    const file = await image(t);
    const device = attachLoop(file);
    assert.equal(backingFile(device), file);
    await writeFile(device.path, 'written to the device', { flag: 'r+' });
    device[Symbol.dispose]();
    device[Symbol.dispose]();
    await letGoOf(file);
    assert.match(await readFile(file, 'latin1'), /^written to the device\0/);
  });

  it('lets nobody write when it is read-only', async (t) => {
    using device = attachLoop(await image(t), { readOnly: true });
    await assert.rejects(writeFile(device.path, 'no', { flag: 'r+' }), { code: /EPERM|EACCES|EROFS/ });
  });

  it('gives each of many at the same time a device of its own', async (t) => {
    const files = await Promise.all(Array.from({ length: 20 }, () => image(t)));
    const devices = files.map((file) => attachLoop(file));
    t.after(() => {
      for (const device of devices) device.detach();
    });
    assert.equal(new Set(devices.map(({ path }) => path)).size, files.length);
    assert.deepEqual(devices.map(backingFile), files);
  });

  it('says which file is missing, and attaches nothing', async (t) => {
    const path = join(await directory(t), 'nothing');
    assert.throws(() => attachLoop(path), { code: 'ENOENT', path });
  });
});

describe('mounts with the option loop', { skip }, () => {
  async function ext4(t: TestContext): Promise<string> {
    const file = await image(t, 16 * MIB);
    await makeFileSystem({ type: 'ext4', path: file });
    return file;
  }

  async function mountPoint(t: TestContext): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'strata-loop-'));
    t.after(async () => {
      await unmountAll(path);
      await rmdir(path);
    });
    return path;
  }

  it('reach the file through a device, which goes with the mount', async (t) => {
    const file = await ext4(t);
    const target = await mountPoint(t);
    const source = (): string | undefined => sourceOf(target);
    await mountAll([{ type: 'ext4', source: file, target: '', options: ['loop', 'rw'] }], target);
    const device = source();
    assert.match(device ?? '', /^\/dev\/loop\d+$/);
    await writeFile(join(target, 'kept'), 'yes');
    await unmountAll(target);
    await letGoOf(file);

    await mountAll([{ type: 'ext4', source: file, target: '', options: ['ro', 'loop', 'direct-io'] }], target);
    assert.equal(await readFile(join(target, 'kept'), 'utf8'), 'yes');
    await assert.rejects(writeFile(join(target, 'new'), ''), { code: 'EROFS' });
    await unmountAll(target);
  });

  it('leave no device when the mount is refused', async (t) => {
    const file = await image(t, MIB);
    const target = await mountPoint(t);
    const before = statfsSync(target).type;
    await assert.rejects(mountAll([{ type: 'ext4', source: file, target: '', options: ['loop'] }], target));
    assert.equal(statfsSync(target).type, before);
    await letGoOf(file);
  });

  const spec = (source: string, ...options: readonly string[]) => ({ type: 'ext4', source, target: '', options });

  it('share the device that the file has, so that nothing which is written is lost', async (t) => {
    const file = await ext4(t);
    const [one, two] = [await mountPoint(t), await mountPoint(t)];
    await Promise.all([one, two].map((target) => mountAll([spec(file, 'loop', 'rw')], target)));
    assert.equal(sourceOf(two), sourceOf(one));
    await writeFile(join(one, 'one'), '1');
    await writeFile(join(two, 'two'), '2');
    await unmountAll(one);
    assert.deepEqual(await readFile(join(two, 'one'), 'utf8'), '1');
    await unmountAll(two);
    await mountAll([spec(file, 'loop', 'ro')], one);
    assert.deepEqual([await readFile(join(one, 'one'), 'utf8'), await readFile(join(one, 'two'), 'utf8')], ['1', '2']);
  });

  it('share it when only one of two may be written through, and say so when the second would have to', async (t) => {
    const file = await ext4(t);
    const [one, two] = [await mountPoint(t), await mountPoint(t)];
    await mountAll([spec(file, 'loop', 'rw')], one);
    await mountAll([spec(file, 'loop', 'ro')], two);
    await writeFile(join(one, 'new'), 'seen');
    assert.equal(await readFile(join(two, 'new'), 'utf8'), 'seen');
    await assert.rejects(writeFile(join(two, 'new'), ''), { code: 'EROFS' });
    for (const target of [one, two]) await unmountAll(target);

    await mountAll([spec(file, 'loop', 'ro')], one);
    await assert.rejects(mountAll([spec(file, 'loop', 'rw')], two), {
      code: 'FailedPrecondition',
      message: /image is .*read-only/,
    });
    await mountAll([spec(file, 'loop', 'ro')], two);
    assert.equal(sourceOf(two), sourceOf(one));
  });

  it('share it whatever the path of the file, and refuse one that has a part of it', async (t) => {
    const file = await ext4(t);
    const [one, two, elsewhere] = [await mountPoint(t), await mountPoint(t), await mountPoint(t)];
    await mountAll([{ type: 'bind', source: dirname(file), target: '', options: ['bind'] }], elsewhere);
    await mountAll([spec(file, 'loop', 'rw')], one);
    await mountAll([spec(join(elsewhere, basename(file)), 'loop', 'rw')], two);
    assert.equal(sourceOf(two), sourceOf(one));
    for (const target of [one, two]) await unmountAll(target);

    const { stdout } = await promisify(execFile)('losetup', ['--find', '--show', '--offset', '4096', file]);
    const part = stdout.trim();
    try {
      await assert.rejects(mountAll([spec(file, 'loop', 'rw')], one), { message: new RegExp(`${part} in part`) });
    } finally {
      await promisify(execFile)('losetup', ['--detach', part]);
    }
  });

  it('let a file be mounted read-only that is read-only', async (t) => {
    const file = await ext4(t);
    const target = await mountPoint(t);
    await mountAll([{ type: 'ext4', source: file, target: '', options: ['loop', 'ro'] }], target);
    assert.equal(readFileSync(`/sys/block/${basename(sourceOf(target) ?? '')}/ro`, 'utf8').trim(), '1');
  });
});

function sourceOf(target: string): string | undefined {
  const line = readFileSync('/proc/self/mounts', 'latin1')
    .split('\n')
    .find((each) => each.split(' ')[1] === target);
  return line?.split(' ')[0];
}

/** Waits for a file to have no device: others may look at it for a moment, and then it goes when they close it. */
function letGoOf(file: string): Promise<void> {
  return until(`no loop device has ${file}`, () => loopDevicesOf(file).length === 0);
}
