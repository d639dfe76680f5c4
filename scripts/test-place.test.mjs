import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { TestPlace } from './lib/test-place.mjs';

const needsRoot = process.getuid?.() !== 0 && 'needs root';

describe('the place of tests', () => {
  it('has nothing left in it when nothing is', async () => {
    const place = new TestPlace();
    assert.deepEqual(await place.leftovers(), []);
    await place.clear();
    assert.equal(existsSync(place.path), false);
  });

  it('finds and ends what was started in it, and what that has started, in whatever environment', async () => {
    const place = new TestPlace();
    const env = { ...process.env, TMPDIR: place.path };
    const script = 'env -i sleep 1000 & trap "" TERM; echo "$!"; sleep 1000';
    const child = spawn('sh', ['-c', script], { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    const [started] = await once(child.stdout, 'data');
    const found = await place.leftovers(0);
    assert.ok(found.includes(`process ${child.pid}: sh -c ${script}`), found.join());
    assert.ok(
      found.some((line) => line.startsWith(`process ${Number(String(started))}: `)),
      found.join(),
    );
    const ended = once(child, 'exit');
    await place.clear();
    assert.deepEqual(await ended, [null, 'SIGKILL']);
    assert.deepEqual(await place.leftovers(0), []);
  });

  it('finds and takes away mounts and loop devices', { skip: needsRoot }, async () => {
    const place = new TestPlace();
    const [target, image] = [path.join(place.path, 'a mount'), path.join(place.path, 'image')];
    mkdirSync(target);
    writeFileSync(image, '');
    truncateSync(image, 1 << 20);
    assert.equal(spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', target]).status, 0);
    const looped = spawnSync('losetup', ['--find', '--show', image], { encoding: 'utf8' });
    const files = [`file ${target}`, `file ${image}`];
    // A machine may have no loop devices.
    const loops = looped.status === 0 ? [`loop device ${looped.stdout.trim()} of ${image}`] : [];
    assert.deepEqual((await place.leftovers(0)).sort(), [`mount ${target}`, ...loops, ...files].sort());
    await place.clear();
    assert.deepEqual([existsSync(place.path), await place.leftovers(0)], [false, []]);
  });

  it('finds and takes away what is left of containers that were run for it', { skip: needsRoot }, async () => {
    const place = new TestPlace();
    const folder = path.join('/run/containerd/runc', `${path.basename(place.path)}-1`);
    mkdirSync(path.join(folder, 'container'), { recursive: true });
    writeFileSync(path.join(folder, 'container', 'state.json'), '{}');
    // A machine may have no control groups, or none that can be made.
    const group = path.join('/sys/fs/cgroup', `${path.basename(place.path)}-1`);
    const groups = canMake(path.join(group, 'below')) ? [`folder ${group}`] : [];
    assert.deepEqual(await place.leftovers(0), [...groups, `folder ${folder}`]);
    await place.clear();
    assert.deepEqual(await place.leftovers(0), []);
    assert.deepEqual([existsSync(folder), existsSync(group)], [false, false]);
  });
});

/** @param {string} folder */
function canMake(folder) {
  try {
    mkdirSync(folder, { recursive: true });
    return true;
  } catch {
    return false;
  }
}
