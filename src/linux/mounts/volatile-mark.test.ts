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
import { FailedPreconditionError } from '../../errors/index.js';
import { mountAll, unmountAll } from './mount.js';
import type { MountSpec } from './mount-options.js';
import { temporaryMount } from './temporary-mount.js';

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

describe('volatile overlays', { skip: process.getuid?.() !== 0 && 'needs root' }, () => {
  it('can be mounted again, by others too', async (t) => {
    const { volatile, spec, points, mark } = place(t);
    const [one] = points;
    await mountAll([volatile], one);
    writeFileSync(join(one, 'file'), 'content');
    assert.ok(existsSync(mark));
    await unmountAll(one);
    assert.equal(mountByOther(volatile, one), 0);
    unmountByOther(one);
    assert.notEqual(mountByOther(volatile, one), 0);
    for (const next of [volatile, spec]) {
      await mountAll([next], one);
      assert.equal(readFileSync(join(one, 'file'), 'utf8'), 'content');
      assert.equal(existsSync(mark), next === volatile);
      await unmountAll(one);
    }
  });

  it('can be looked into for a moment after others have left their mark', async (t) => {
    const { volatile, points, mark } = place(t);
    assert.equal(mountByOther(volatile, points[0]), 0);
    unmountByOther(points[0]);
    {
      await using _mounted = await temporaryMount([volatile]);
      assert.ok(!existsSync(mark));
    }
    assert.equal(mountByOther(volatile, points[0]), 0);
  });

  it('keep the mark while they are mounted elsewhere', async (t) => {
    const { volatile, points, mark } = place(t);
    const [one, two] = points;
    for (const point of points) await mountAll([volatile], point);
    await unmountAll(two);
    assert.ok(existsSync(mark));
    await unmountAll(one);
    assert.ok(!existsSync(mark));
  });

  it('are refused when the machine went down while they were mounted', async (t) => {
    const { volatile, spec, points, mark } = place(t);
    const [one] = points;
    await mountAll([volatile], one);
    utimesSync(mark, 1, 1);
    await unmountAll(one);
    for (const next of [volatile, spec]) {
      await assert.rejects(mountAll([next], one), (error) => {
        assert.ok(error instanceof FailedPreconditionError);
        assert.ok(error.message.includes(`; remove ${mark} to mount it nevertheless`), error.message);
        return true;
      });
    }
    rmSync(mark, { recursive: true });
    await mountAll([spec], one);
  });
});
