import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon, snapshot } from '../../tests/support/fake-daemon.js';

const inFront =
  'the snapshots of this daemon belong to the containerd in front of it, which would not know of the change';

/** What changes snapshots, and what is told instead where a containerd has them. */
const changes: readonly { readonly args: readonly string[]; readonly instead: string }[] = [
  { args: ['rm', 'default/4/sha256:f1'], instead: 'ctr -n default snapshots --snapshotter strata rm sha256:f1' },
  {
    args: ['rm', 'k8s.io/4/a', "k8s.io/5/extract b's"],
    instead: "ctr -n k8s.io snapshots --snapshotter strata rm a $'extract b\\'s'",
  },
  { args: ['prepare', 'work'], instead: 'ctr -n default snapshots --snapshotter strata prepare work' },
  {
    args: ['--namespace', 'ci', 'view', 'look', 'base'],
    instead: 'ctr -n ci snapshots --snapshotter strata view look base',
  },
  {
    args: ['prepare', 'work', 'k8s.io/3/base'],
    instead: 'ctr -n k8s.io snapshots --snapshotter strata prepare work base',
  },
  {
    args: ['commit', 'base', 'default/9/work'],
    instead: 'ctr -n default snapshots --snapshotter strata commit base work',
  },
  {
    args: ['label', 'default/9/work', 'a=1', 'b='],
    instead: 'ctr -n default snapshots --snapshotter strata label work a=1 b=',
  },
];

describe('a command that changes snapshots', () => {
  for (const { args, instead } of changes) {
    it(`is refused where a containerd has them, and says what to use: ${args.join(' ')}`, async () => {
      const daemon = new FakeDaemon();
      daemon.proxy = true;
      const { status, out, err } = await daemon.run(args);
      assert.deepEqual([status, out, daemon.asked], [1, '', []]);
      assert.equal(err, `strata: failed precondition: ${inFront}: use "${instead}", or --force\n`);
    });
  }

  it('does it with --force', async () => {
    for (const { args } of changes) {
      const daemon = new FakeDaemon();
      daemon.proxy = true;
      daemon.snapshots.push(snapshot('default/9/work'));
      const { status, err } = await daemon.run([...args, '--force']);
      assert.deepEqual([status, err], [0, '']);
      assert.notEqual(daemon.asked.length, 0);
    }
  });

  it('is none when it only prints, or sets a limit, which containerd need not know of', async () => {
    const daemon = new FakeDaemon();
    daemon.proxy = true;
    daemon.snapshots.push(snapshot('default/9/work', { kind: 'active' }));
    for (const args of [
      ['label', 'default/9/work'],
      ['limit', 'default/9/work', '--size', '1G'],
    ]) {
      const { status, err } = await daemon.run(args);
      assert.deepEqual([status, err], [0, '']);
    }
  });
});
