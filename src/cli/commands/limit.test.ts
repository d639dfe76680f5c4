import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon, snapshot } from '../../../tests/support/fake-daemon.js';
import { ResourceExhaustedError } from '../../errors/index.js';
import { maxInodesLabel, maxSizeLabel } from '../../snapshots/api/index.js';

function daemon(labels: readonly (readonly [string, string])[] = []): FakeDaemon {
  const made = new FakeDaemon();
  made.snapshots.push(snapshot('work', { kind: 'active', labels: new Map(labels) }), snapshot('base'));
  return made;
}

describe('strata limit', () => {
  it('sets limits, and shows them beside what is taken, on any terminal', async () => {
    for (const columns of [undefined, 40]) {
      const asked = daemon();
      const { status, out } = await asked.run(
        ['limit', 'work', '--size', '10G', '--inodes', '1M'],
        columns === undefined ? {} : { columns },
      );
      assert.equal(status, 0);
      assert.equal(out, 'Key:    work\nSize:   4.0 KiB, of 10.0 GiB\nInodes: 1, of 1000000\n');
      const labels = new Map([
        [maxSizeLabel, '10G'],
        [maxInodesLabel, '1M'],
      ]);
      const fieldpaths = [`labels.${maxSizeLabel}`, `labels.${maxInodesLabel}`];
      assert.deepEqual(asked.asked[1], ['update', { name: 'work', labels, fieldpaths }]);
    }
  });

  it('changes nothing when no limit is given', async () => {
    const asked = daemon([[maxSizeLabel, 'none']]);
    const { out } = await asked.run(['limit', 'work']);
    assert.equal(
      out,
      'Key:    work\nSize:   4.0 KiB, not limited\nInodes: 1, no limit but the default of the back end\n',
    );
    assert.deepEqual(
      asked.asked.map(([method]) => method),
      ['stat', 'usage'],
    );
  });

  it('takes all limits off', async () => {
    const { out } = await daemon([[maxSizeLabel, '1G']]).run(['limit', 'work', '--none']);
    assert.equal(out, 'Key:    work\nSize:   4.0 KiB, not limited\nInodes: 1, not limited\n');
  });

  it('prints numbers as JSON, null for what is not limited', async () => {
    const { out } = await daemon([[maxSizeLabel, '1GiB']]).run(['limit', 'work', '--json']);
    assert.deepEqual(JSON.parse(out), {
      key: 'work',
      size: 4096,
      maxSize: 1024 ** 3,
      inodes: 1,
      maxInodes: null,
      labels: { [maxSizeLabel]: '1GiB' },
    });
  });

  it('refuses what nobody writes to', async () => {
    const { status, err } = await daemon().run(['limit', 'base', '--size', '1G']);
    assert.equal(status, 1);
    assert.equal(
      err,
      'strata: failed precondition: snapshot base is committed: nobody writes to it, so there is nothing to limit\n',
    );
  });

  it('refuses --none beside a limit, and what is no limit, without asking', async () => {
    for (const args of [
      ['--none', '--size', '1G'],
      ['--inodes', 'few'],
    ]) {
      const asked = daemon();
      assert.equal((await asked.run(['limit', 'work', ...args])).status, 2);
      assert.deepEqual(asked.asked, []);
    }
  });

  it('ends with 1 when the back end cannot keep the limit', async () => {
    const made = daemon();
    made.failures.set('update', new ResourceExhaustedError('the snapshot takes more'));
    const { status, out, err } = await made.run(['limit', 'work', '--size', '1']);
    assert.deepEqual([status, out, err], [1, '', 'strata: resource exhausted: the snapshot takes more\n']);
  });
});
