import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon, snapshot } from '../../../tests/support/fake-daemon.js';

const info = snapshot('work', {
  parent: 'base',
  kind: 'active',
  updated: new Date(Number.NaN),
  labels: new Map([
    ['b', '2'],
    ['a', 'x\u001b[31m'],
  ]),
});

function daemon(): FakeDaemon {
  const made = new FakeDaemon();
  made.snapshots.push(info, snapshot('base'));
  return made;
}

describe('strata info', () => {
  it('shows what is known, a label a line, on any terminal', async () => {
    for (const columns of [undefined, 40]) {
      const { status, out } = await daemon().run(['info', 'work'], columns === undefined ? {} : { columns });
      assert.equal(status, 0);
      assert.equal(
        out,
        [
          'Key:     work',
          'Parent:  base',
          'Kind:    active',
          'Created: 2026-07-31T11:00:00.000Z',
          'Updated: -',
          'Labels:  a=x\\x1b[31m',
          '         b=2',
          '',
        ].join('\n'),
      );
    }
  });

  it('shows that there is no parent and no label', async () => {
    const { out } = await daemon().run(['stat', 'base']);
    assert.match(out, /\nParent:\n/);
    assert.match(out, /\nLabels:\n$/);
  });

  it('prints everything as it is, as JSON', async () => {
    const { labels, updated } = JSON.parse((await daemon().run(['info', 'work', '--json'])).out);
    assert.deepEqual([labels, updated], [{ b: '2', a: 'x\u001b[31m' }, null]);
  });

  it('ends with 1 when there is none', async () => {
    const { status, out, err } = await daemon().run(['info', 'no\nbody']);
    assert.deepEqual([status, out, err], [1, '', 'strata: not found: snapshot no\\nbody does not exist\n']);
  });
});
