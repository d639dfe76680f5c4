import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon } from '../../../tests/support/fake-daemon.js';
import { NotFoundError } from '../../errors/index.js';

const snapshot = `sha256:${'ab'.repeat(32)}`;

function daemon(): FakeDaemon {
  const made = new FakeDaemon();
  const created = new Date('2026-07-31T11:00:00.000Z');
  const common = { snapshotter: 'overlayfs', digest: 'sha256:1', platform: 'linux/amd64', created, updated: created };
  made.images.push(
    { ...common, name: 'docker.io/library/a\u001b:1', layers: 12, snapshot, size: 5_000_000 },
    { ...common, name: 'empty', layers: 0, snapshot: '', size: 0 },
  );
  return made;
}

describe('strata images', () => {
  it('lists images, with short digests unless it is told otherwise', async () => {
    const { out } = await daemon().run(['images', 'ls']);
    assert.deepEqual(out.split('\n'), [
      'NAME                       PLATFORM     LAYERS     SIZE  IMPORTED    SNAPSHOT',
      'docker.io/library/a\\x1b:1  linux/amd64      12  4.8 MiB  1 hour ago  sha256:abababababab',
      'empty                      linux/amd64       0      0 B  1 hour ago',
      '',
    ]);
    assert.match((await daemon().run(['image', 'list', '--no-trunc'])).out, new RegExp(snapshot));
    assert.equal(JSON.parse((await daemon().run(['images', 'ls', '--json'])).out)[0].snapshot, snapshot);
  });

  it('shows one with its layers, the lowest first', async () => {
    const { out } = await daemon().run(['images', 'inspect', 'empty']);
    assert.match(out, /^Name: +empty\nDigest: +sha256:1\n(.+\n)+Layers: +sha256:0\n/);
    const missing = await daemon().run(['images', 'inspect', 'x']);
    assert.deepEqual([missing.status, missing.err], [1, 'strata: not found: image "x"\n']);
  });

  it('removes several, also when one of them is not there', async () => {
    const asked = daemon();
    asked.failures.set('removeImage b', new NotFoundError('image "b"'));
    const { status, err } = await asked.run(['images', 'rm', 'a', 'b', 'c']);
    assert.deepEqual([status, err], [1, 'strata: not found: image "b"\n']);
    assert.deepEqual(asked.asked, [
      ['removeImage', 'a'],
      ['removeImage', 'b'],
      ['removeImage', 'c'],
    ]);
  });
});
