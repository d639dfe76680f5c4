/** containerd's own command line, straight at our socket. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { collect, mustRun, run } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';
import { until } from '../support/until.js';

scenario('ctr straight at strata serve', { needs: ['containerd'] }, async (running) => {
  const strata = await Strata.start(running);
  const base = ['--address', strata.address, '--namespace', 'default'];
  const ctr = (...args: readonly string[]) => mustRun('ctr', [...base, ...args]);
  const snapshots = (...args: readonly string[]) => ctr('snapshots', ...args);
  const rows = async () =>
    (await snapshots('ls'))
      .trim()
      .split('\n')
      .slice(1)
      .map((row) => row.split(/\s+/).filter(Boolean));

  await running.step('prepares, commits, views', async () => {
    await snapshots('prepare', 'build');
    await snapshots('commit', 'base', 'build');
    assert.match(await snapshots('prepare', '--mounts', 'work', 'base'), /"Type": "overlay"/);
    await snapshots('view', 'look', 'base');
    assert.deepEqual(await rows(), [
      ['base', 'Committed'],
      ['look', 'base', 'View'],
      ['work', 'base', 'Active'],
    ]);
  });

  await running.step('shows a tree, facts, mounts and usage', async () => {
    assert.deepEqual((await snapshots('tree')).trimEnd().split('\n'), [' base', '  \\_ look', '  \\_ work']);
    const info: unknown = JSON.parse(await snapshots('info', 'work'));
    assert.ok(typeof info === 'object' && info !== null);
    assert.equal(Reflect.get(info, 'Kind'), 'Active');
    assert.equal(Reflect.get(info, 'Parent'), 'base');
    assert.match(await snapshots('mounts', '/mnt', 'work'), /^mount -t overlay overlay \/mnt -o workdir=.*,lowerdir=/);
    assert.match(await snapshots('usage', 'base', 'work'), /^base\s+4\.0 KiB\s+1\s*$/m);
  });

  await running.step('labels', async () => {
    // ctr prints them in any order.
    const labels = (await snapshots('label', 'base', 'a=1', 'b=2')).trim().split(',');
    assert.deepEqual(labels.filter((label) => /^[ab]=/.test(label)).sort(), ['a=1', 'b=2']);
    assert.doesNotMatch(await snapshots('label', 'base', 'a='), /a=1/);
  });

  await running.step('says in containerd’s words what is refused', async () => {
    const { status, stderr } = await run('ctr', [...base, 'snapshots', 'rm', 'base']);
    assert.equal(status, 1);
    assert.match(stderr, /failed to remove "base": cannot remove snapshot with child: failed precondition/);
    const unknown = await run('ctr', [...base, 'snapshots', 'info', 'nobody']);
    assert.match(unknown.stderr, /snapshot nobody does not exist: not found/);
  });

  await running.step('sees events as they happen', async () => {
    const events = spawn('ctr', [...base, 'events'], { stdio: ['ignore', 'pipe', 'inherit'] });
    running.defer(() => void events.kill());
    const output = collect(events.stdout);
    let count = 0;
    // No event tells when the subscription stands, so something happens until one is seen.
    await until('an event is seen', async () => {
      await snapshots('prepare', `event-${count++}`, 'base');
      return /default \/snapshot\/prepare \{"key":"event-\d+","parent":"base"/.test(output());
    });
    events.kill();
    for (let n = 0; n < count; n++) await snapshots('rm', `event-${n}`);
  });

  await running.step('keeps under a lease what is made with it, and collects that afterwards', async () => {
    const id = (await ctr('leases', 'create', '--id', 'ci', 'owner=ann')).trim();
    assert.equal(id, 'ci');
    assert.match(await ctr('leases', 'ls'), /^ci\s.*owner=ann/m);
    const own = (...args: readonly string[]) => strata.must(['--lease', 'ci', ...args]);
    await own('prepare', 'temporary');
    await own('commit', 'temporary-layer', 'temporary');
    assert.ok((await rows()).some(([key]) => key === 'temporary-layer'));
    await ctr('leases', 'rm', '--sync', 'ci');
    assert.ok(!(await rows()).some(([key]) => key === 'temporary-layer'));
    assert.ok((await rows()).some(([key]) => key === 'base'));
  });

  await running.step('lists plugins, namespaces, and the version', async () => {
    const plugins = await ctr('plugins', 'ls');
    for (const name of [
      'snapshotter.v1 +overlayfs',
      'service.v1 +snapshots-service',
      'grpc.v1 +snapshots',
      'event.v1 +exchange',
    ]) {
      assert.match(plugins, new RegExp(`^io\\.containerd\\.${name}\\s.*\\bok\\s*$`, 'm'));
    }
    assert.match(await ctr('namespaces', 'ls'), /^default\b/m);
    assert.match(await ctr('version'), /Server:\n\s+Version:\s+\d+\.\d+\.\d+/);
  });

  await running.step('removes, and nothing is left', async () => {
    await snapshots('rm', 'work', 'look', 'base');
    assert.deepEqual(await rows(), []);
    await until('the files are gone', async () => (await strata.onDisk()).length === 0);
  });
});
