import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
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

describe('strata import', () => {
  const progress = { layer: snapshot, position: 1, layers: 1, state: 'done', bytes: 10, total: 10 } as const;

  it('says how far it is on standard error, and what came of it', async () => {
    const asked = daemon();
    asked.progress.push(progress);
    const { status, out, err } = await asked.run(['import', 'a.tar', '--name', 'n', '--snapshotter', 'native']);
    assert.equal(status, 0);
    assert.equal(out, `docker.io/library/a\\x1b:1  ${snapshot}\nempty  -\n`);
    assert.equal(err, 'layer 1/1 sha256:abababababab  done, 10 B\n');
    const request = { source: path.resolve('a.tar'), type: 'image', name: 'n', snapshotter: 'native' };
    assert.deepEqual(asked.asked, [['import', request], ['imported']]);
  });

  it('takes plain files, a platform, and prints JSON alone', async () => {
    const asked = daemon();
    asked.progress.push(progress);
    const { out, err } = await asked.run(['import', '--rootfs', '/files', '--name', 'base', '--json']);
    assert.deepEqual([JSON.parse(out).length, err], [2, '']);
    await asked.run(['import', '/i', '--platform', 'linux/arm64']);
    assert.deepEqual(
      asked.asked.filter(([method]) => method === 'import'),
      [
        ['import', { source: '/files', type: 'rootfs', name: 'base' }],
        ['import', { source: '/i', type: 'image', platform: 'linux/arm64' }],
      ],
    );
    const both = await asked.run(['import', '/i', '--rootfs', '--platform', 'linux/arm64']);
    assert.equal(both.status, 2);
  });

  it('puts standard input into a file that only its owner reads, and deletes it', async () => {
    const asked = daemon();
    const seen: string[] = [];
    const standardInput = async function* () {
      yield Buffer.from('an ');
      yield Buffer.from('archive');
    };
    asked.failures.set('imported', new NotFoundError('x'));
    const failures = asked.failures.get.bind(asked.failures);
    asked.failures.get = (key) => {
      const [, request] = asked.asked[0] ?? [];
      if (seen.length === 0) seen.push(Object(request).source, readFileSync(Object(request).source, 'utf8'));
      return failures(key);
    };
    const { status } = await asked.run(['import', '-'], { tools: { standardInput } });
    const [file = '', content] = seen;
    assert.deepEqual([status, content, existsSync(path.dirname(file))], [1, 'an archive', false]);
  });

  it('needs a source', async () => {
    assert.equal((await daemon().run(['import'])).status, 2);
    assert.equal((await daemon().run(['import', ''])).status, 2);
  });
});
