/** The daemon, the command and the library at work on the Node that runs this test; nothing is needed of the machine. */
import assert from 'node:assert/strict';
import { readlink } from 'node:fs/promises';
import path from 'node:path';
import { connect, openStrata, type Snapshotter } from '../../src/index.js';
import { scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';

scenario(`daemon, command and library on Node ${process.versions.node}`, {}, async (running) => {
  const strata = await Strata.start(running);

  await running.step('the daemon and the command run on the Node that runs this test', async () => {
    assert.equal(await readlink(`/proc/${strata.server.pid}/exe`), process.execPath);
    const { client } = JSON.parse(await strata.must(['version', '--json']));
    assert.equal(client.node, process.versions.node);
  });

  await running.step('the command makes a layer and shows it, also after the daemon was killed', async () => {
    await strata.must(['prepare', 'build']);
    await strata.must(['commit', 'base', 'build']);
    await strata.must(['prepare', 'work', 'base']);
    await strata.kill();
    await strata.startAgain();
    assert.match(await strata.must(['ls']), /^base .*Committed.*^work +base +Active/ms);
    await strata.must(['rm', 'work', 'base']);
    assert.equal((await strata.run(['check'])).status, 0);
  });

  await running.step('a client does the same', async () => {
    await using client = connect({ address: strata.address, namespace: 'default' });
    await makesLayers(client.snapshotter());
  });

  await running.step('the library does it in this process', async () => {
    await using own = await openStrata({ root: path.join(await running.directory(), 'root') });
    await makesLayers(own.snapshotter());
  });

  await running.step('the daemon ends when it is asked to', async () => {
    assert.equal(await strata.stop(), 0);
  });
});

async function makesLayers(snapshotter: Snapshotter): Promise<void> {
  await snapshotter.prepare({ key: 'build' });
  await snapshotter.commit({ key: 'build', name: 'base' });
  assert.notEqual((await snapshotter.prepare({ key: 'work', parent: 'base' })).length, 0);
  const keys: string[] = [];
  for await (const { name } of snapshotter.walk()) keys.push(name);
  assert.deepEqual(keys.sort(), ['base', 'work']);
  await assert.rejects(snapshotter.remove('base'), { name: 'FailedPreconditionError' });
  await snapshotter.remove('work');
  await snapshotter.remove('base');
}
