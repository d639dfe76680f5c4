import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon, snapshot } from '../../../tests/support/fake-daemon.js';

function daemon(): FakeDaemon {
  const made = new FakeDaemon();
  made.snapshots.push(
    snapshot('base', {
      labels: new Map([
        ['owner', 'ann\n'],
        ['app', 'web'],
      ]),
    }),
  );
  return made;
}

describe('strata label', () => {
  it('prints the labels when none is given, escaped and in order', async () => {
    const asked = daemon();
    assert.deepEqual(await asked.run(['label', 'base']), { status: 0, out: 'app=web\nowner=ann\\n\n', err: '' });
    assert.deepEqual(asked.asked, [['stat', 'base']]);
  });

  it('sets and deletes those that are given, and prints what there is then', async () => {
    const asked = daemon();
    const { out } = await asked.run(['label', 'base', 'owner=', 'tier=a=b'], { columns: 40 });
    assert.equal(out, 'app=web\ntier=a=b\n');
    const change = {
      labels: new Map([
        ['owner', ''],
        ['tier', 'a=b'],
      ]),
      fieldpaths: ['labels.owner', 'labels.tier'],
    };
    assert.deepEqual(asked.asked, [['update', { name: 'base', ...change }]]);
  });

  it('prints the whole snapshot as JSON', async () => {
    const { name, labels } = JSON.parse((await daemon().run(['label', 'base', '--json'])).out);
    assert.deepEqual([name, labels], ['base', { owner: 'ann\n', app: 'web' }]);
  });

  it('refuses what is no label, and changes nothing', async () => {
    const asked = daemon();
    const { status, err } = await asked.run(['label', 'base', 'a=1', 'owner']);
    assert.deepEqual([status, err, asked.asked], [2, 'strata: label "owner": want <key>=<value>\n', []]);
  });

  it('ends with 1 when there is no such snapshot', async () => {
    assert.equal((await daemon().run(['label', 'gone', 'a=1'])).status, 1);
  });
});
