/**
 * What a kernel of another version does in another way, as far as we have it: on 6.1 layers with mapped ids are attached and
 * tmpfs maps none. And quotas, which the kernel of the machine may not have.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { strataCommand } from '../support/paths.js';
import { mustRun } from '../support/run.js';
import { disks } from '../support/second-kernel/index.js';

interface Diagnosis {
  readonly facts: {
    readonly machine: { readonly deviceMapper: string; readonly kernel: string };
    readonly root: { readonly projectQuota: string; readonly reflink: boolean };
    readonly overlay: { readonly mounts: string; readonly mapsIds: string };
  };
}

async function mounted(t: TestContext, type: string, device: string, options: string): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'older-'));
  await mustRun('mount', ['-t', type, '-o', options, device, directory]);
  t.after(async () => {
    await mustRun('umount', [directory]);
    await rmdir(directory);
  });
  return directory;
}

async function diagnose(root: string): Promise<Diagnosis['facts']> {
  const { facts }: Diagnosis = JSON.parse(await mustRun(strataCommand, ['doctor', '--json', '--root', root]));
  return facts;
}

for (const [type, device, options, quota, reflink] of [
  ['ext4', disks.ext4, 'prjquota', 'on', false],
  ['xfs', disks.xfs, 'defaults', 'off', true],
] as const) {
  test(`the doctor finds what ${type} can do`, async (t) => {
    const { machine, root, overlay } = await diagnose(await mounted(t, type, device, options));
    assert.equal(machine.kernel, release());
    assert.equal(machine.deviceMapper, 'present');
    assert.deepEqual([root.projectQuota, root.reflink], [quota, reflink]);
    assert.deepEqual(overlay, { mounts: 'works', mapsIds: 'works' });
  });
}

test('the doctor finds whether tmpfs maps ids, which it does from 6.3 on', async (t) => {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const mapsIds = major > 6 || (major === 6 && minor >= 3) ? 'works' : 'fails';
  const { overlay } = await diagnose(await mounted(t, 'tmpfs', 'tmpfs', 'size=100m'));
  assert.deepEqual(overlay, { mounts: 'works', mapsIds });
});

test('layers are mounted with mapped ids, and nothing of them stays attached', async (t) => {
  const root = await mounted(t, 'ext4', disks.ext4, 'defaults');
  const directory = await mkdtemp(path.join(tmpdir(), 'box-'));
  const socket = path.join(directory, 's.sock');
  const printed = await mustRun('sh', [
    '-ec',
    `
    export STRATA_ADDRESS=${socket} STRATA_HINTS=0
    strata() { ${JSON.stringify(strataCommand)} "$@"; }
    ${JSON.stringify(strataCommand)} serve --root ${root}/root --state ${directory}/state --address ${socket} >&2 &
    daemon=$!
    for attempt in $(seq 600); do strata ls > /dev/null 2>&1 && break; sleep 0.2; done
    mkdir ${directory}/mnt; cd ${directory}
    strata prepare a; touch ${root}/root/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs/of-a; strata commit one a
    strata prepare b one; touch ${root}/root/io.containerd.snapshotter.v1.overlayfs/snapshots/2/fs/of-b; strata commit two b
    strata prepare --uid-map 0:100000:10 box two; strata mount box mnt
    stat -c '%n %u' mnt mnt/of-a mnt/of-b; touch mnt/of-a; cut -d' ' -f2 /proc/mounts | grep -c strata-layers- || true
    strata umount mnt; stat -c %u ${root}/root/io.containerd.snapshotter.v1.overlayfs/snapshots/3/fs/of-a
    strata rm box two one; kill $daemon; wait $daemon`,
  ]);
  assert.equal(printed, 'mnt 100000\nmnt/of-a 100000\nmnt/of-b 100000\n0\n100000\n');
});
