import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { until } from '../../../tests/support/until.js';
import { mountAll, unmountAll } from './mount.js';
import type { MountSpec } from './mount-options.js';
import { mountTable } from './mount-table.js';
import { temporaryMount } from './temporary-mount.js';

const skip = process.getuid?.() !== 0 && 'needs root';

interface Place {
  readonly root: string;
  readonly spec: MountSpec;
  /** The directory of a name to mount at, made with this. */
  point(name: string): string;
}

/** Directories of an overlay with a file below, on a file system of their own. */
async function place(t: TestContext, ...more: readonly string[]): Promise<Place> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'strata-shared-')));
  await mountAll([{ type: 'tmpfs', source: 'tmpfs', target: '', options: [] }], root);
  t.after(async () => {
    const points = mountTable().flatMap(({ point }) => (point.startsWith(`${root}/`) ? [point] : []));
    for (const point of [root, ...points].reverse()) await unmountAll(point, { detach: true });
    rmSync(root, { recursive: true });
  });
  for (const name of ['lower', 'upper', 'work']) mkdirSync(join(root, name));
  writeFileSync(join(root, 'lower/below'), 'below');
  const options = [`workdir=${root}/work`, `upperdir=${root}/upper`, `lowerdir=${root}/lower`, ...more];
  const point = (name: string): string => {
    mkdirSync(join(root, name));
    return join(root, name);
  };
  return { root, spec: { type: 'overlay', source: 'overlay', target: '', options }, point };
}

/** The numbers of the file systems that are mounted at directories. */
function devicesAt(...points: readonly string[]): (string | undefined)[] {
  const table = mountTable();
  return points.map((point) => table.findLast((entry) => entry.point === point)?.device);
}

/** Changes a file that lies below, which takes the work directory. */
function use(point: string): void {
  writeFileSync(join(point, 'below'), `changed at ${point}`);
  rmSync(join(point, 'below'));
  writeFileSync(join(point, 'below'), 'below');
}

describe('an upper directory', { skip }, () => {
  it('has one overlay, which is shown again to whoever mounts it again', async (t) => {
    const { spec, point } = await place(t);
    const [one, two, three] = [point('one'), point('two'), point('three')];
    await Promise.all([one, two].map((target) => mountAll([spec], target)));
    await mountAll([{ ...spec, options: [...spec.options, 'ro'] }], three);
    const [first] = devicesAt(one);
    assert.deepEqual(devicesAt(two, three), [first, first]);
    writeFileSync(join(two, 'new'), 'seen');
    assert.equal(readFileSync(join(one, 'new'), 'utf8'), 'seen');
    assert.throws(() => writeFileSync(join(three, 'new'), ''), { code: 'EROFS' });
    for (const target of [three, two]) {
      await unmountAll(target);
      use(one);
    }
    await unmountAll(one);
    await mountAll([spec], two);
    use(two);
  });

  it('has one when it is reached by another path, and for a temporary mount', async (t) => {
    const { root, spec, point } = await place(t, 'volatile');
    const [one, two, elsewhere] = [point('one'), point('two'), point('elsewhere')];
    await mountAll([{ type: 'bind', source: root, target: '', options: ['bind'] }], elsewhere);
    await mountAll([spec], one);
    const moved = spec.options.map((option) => option.replace(root, elsewhere));
    await mountAll([{ ...spec, options: moved }], two);
    assert.deepEqual(devicesAt(two), devicesAt(one));
    {
      await using mounted = await temporaryMount([spec], { directory: root });
      assert.deepEqual(devicesAt(mounted.path), devicesAt(one));
    }
    use(one);
  });

  it('shows nothing in one mount that is mounted inside of the other', async (t) => {
    const { spec, point } = await place(t);
    const [one, two] = [point('one'), point('two')];
    await mountAll([spec], one);
    mkdirSync(join(one, 'inside'));
    assert.equal(spawnSync('mount', ['--make-shared', one]).status, 0);
    await mountAll([spec], two);
    await mountAll([{ type: 'tmpfs', source: 'tmpfs', target: '', options: [] }], join(two, 'inside'));
    writeFileSync(join(two, 'inside/file'), '');
    assert.equal(existsSync(join(one, 'inside/file')), false);
  });

  it('is not mounted again where the one mount is below another, or is of a part', async (t) => {
    const { root, spec, point } = await place(t);
    const [one, two, part] = [point('one'), point('two'), point('part')];
    await mountAll([spec], one);
    mkdirSync(join(one, 'inside'));
    await mountAll([{ type: 'bind', source: join(one, 'inside'), target: '', options: ['bind'] }], part);
    await mountAll([{ type: 'tmpfs', source: 'tmpfs', target: '', options: [] }], one);
    const refused = { code: 'FailedPrecondition', message: new RegExp(`${root}/upper is mounted at ${one}, and`) };
    await assert.rejects(mountAll([spec], two), refused);
    await unmountAll(one);
    await assert.rejects(mountAll([spec], two), { message: new RegExp(`is mounted at ${part}, and .*; look there`) });
    await unmountAll(part);
    await mountAll([spec], two);
    use(two);
  });

  it('is not mounted again while a detached mount of it is in use', async (t) => {
    const { spec, point } = await place(t);
    const [one, two] = [point('one'), point('two')];
    await mountAll([spec], one);
    const file = await open(join(one, 'below'));
    await unmountAll(one, { detach: true });
    await assert.rejects(mountAll([spec], two), { code: 'FailedPrecondition', message: /overlay that is detached/ });
    await file.close();
    await mountAll([spec], two);
    use(two);
  });

  it('is not mounted again while it is mounted in another mount namespace', async (t) => {
    const { root, spec, point } = await place(t);
    const [one, two] = [point('one'), point('two')];
    const script = `mount -t overlay overlay -o ${spec.options.join(',')} ${one} && echo mounted && read -r _`;
    const child = spawn('unshare', ['--mount', 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => end(child));
    await once(child.stdout, 'data');
    await assert.rejects(mountAll([spec], two), {
      code: 'FailedPrecondition',
      message: new RegExp(`mount namespace of process ${child.pid} .*; look at /proc/${child.pid}/root${one}`),
    });
    assert.equal(readFileSync(`/proc/${child.pid}/root${one}/below`, 'utf8'), 'below');
    await end(child);
    await until('the overlay has gone with its namespace', async () => {
      await mountAll([spec], two);
      return true;
    });
    use(two);
    assert.ok(existsSync(join(root, 'upper/below')));
  });
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.stdin?.end();
  await ended;
}
