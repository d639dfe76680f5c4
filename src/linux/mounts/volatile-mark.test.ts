import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FailedPreconditionError } from '../../errors/index.js';
import { mountAll, unmountAll } from './mount.js';
import type { MountSpec } from './mount-options.js';

interface Place {
  readonly spec: MountSpec;
  readonly volatile: MountSpec;
  /** Directories to mount at. */
  readonly points: readonly [string, string];
  /** Where the kernel leaves its mark. */
  readonly mark: string;
}

function place(t: TestContext): Place {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'strata-volatile-')));
  const inside = (name: string) => join(root, name);
  for (const name of ['lower', 'upper', 'work', 'one', 'two']) mkdirSync(inside(name));
  const options = [`lowerdir=${inside('lower')}`, `upperdir=${inside('upper')}`, `workdir=${inside('work')}`];
  const spec = { type: 'overlay', source: 'overlay', target: '', options };
  const points = [inside('one'), inside('two')] as const;
  t.after(async () => {
    for (const point of points) await unmountAll(point, { detach: true });
    rmSync(root, { recursive: true });
  });
  const volatile = { ...spec, options: [...options, 'volatile'] };
  return { spec, volatile, points, mark: inside('work/work/incompat/volatile') };
}

/** Mounts as a client does that knows nothing of us. */
function mountByOther({ options }: MountSpec, point: string): number | null {
  return spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', options.join(), point]).status;
}

function unmountByOther(point: string): void {
  assert.equal(spawnSync('umount', [point]).status, 0);
}

/**
 * Mounts, as soon as the overlay is in use nowhere: whoever makes a mount namespace at this moment, such as another test,
 * has every mount in it.
 */
async function mountWhenUnused(spec: MountSpec, point: string): Promise<void> {
  for (;;) {
    try {
      return await mountAll([spec], point);
    } catch (error) {
      if (!(error instanceof FailedPreconditionError && /break the first/.test(error.message))) throw error;
    }
    await delay(20);
  }
}

/** Unmounts so that the mark goes, however long others have the mount in namespaces of their own. */
async function unmountForGood({ volatile, mark }: Place, point: string): Promise<void> {
  await unmountAll(point);
  while (existsSync(mark)) {
    await mountWhenUnused(volatile, point);
    await unmountAll(point);
  }
}

describe('volatile overlays', { skip: process.getuid?.() !== 0 && 'needs root' }, () => {
  it('can be mounted again, by others too', async (t) => {
    const there = place(t);
    const { volatile, spec, mark } = there;
    const [one] = there.points;
    await mountAll([volatile], one);
    writeFileSync(join(one, 'file'), 'content');
    assert.ok(existsSync(mark));
    await unmountForGood(there, one);
    assert.equal(mountByOther(volatile, one), 0);
    unmountByOther(one);
    assert.notEqual(mountByOther(volatile, one), 0);
    for (const next of [volatile, spec]) {
      await mountWhenUnused(next, one);
      assert.equal(readFileSync(join(one, 'file'), 'utf8'), 'content');
      assert.equal(existsSync(mark), next === volatile);
      await unmountAll(one);
    }
  });

  it('lose the mark of others before a mount that is not volatile', async (t) => {
    const { volatile, spec, points, mark } = place(t);
    assert.equal(mountByOther(volatile, points[0]), 0);
    unmountByOther(points[0]);
    await mountWhenUnused(spec, points[0]);
    assert.ok(!existsSync(mark));
  });

  it('keep the mark while they are mounted elsewhere', async (t) => {
    const there = place(t);
    const { volatile, points, mark } = there;
    for (const point of points) await mountAll([volatile], point);
    await unmountAll(points[1]);
    assert.ok(existsSync(mark));
    await unmountForGood(there, points[0]);
  });

  it('are refused when the machine went down while they were mounted', async (t) => {
    const { volatile, spec, points, mark } = place(t);
    const [one] = points;
    await mountAll([volatile], one);
    utimesSync(mark, 1, 1);
    await unmountAll(one);
    for (const next of [volatile, spec]) {
      await assert.rejects(mountWhenUnused(next, one), (error) => {
        assert.ok(error instanceof FailedPreconditionError);
        assert.ok(error.message.includes(`; remove ${mark} to mount it nevertheless`), error.message);
        return true;
      });
    }
    rmSync(mark, { recursive: true });
    await mountWhenUnused(spec, one);
  });
});
