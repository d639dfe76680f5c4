import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FakeDaemon } from '../../../tests/support/fake-daemon.js';
import { DataLossError, UnavailableError } from '../../errors/index.js';
import type { Tools } from '../io.js';

const unavailable = new UnavailableError('cannot reach /s: connect ENOENT /s');

describe('strata backup', () => {
  let directory: string;
  let file: string;
  let daemon: FakeDaemon;
  let roots: string[];
  let tools: Partial<Tools>;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'strata-backup-'));
    file = path.join(directory, 'records.db');
    daemon = new FakeDaemon();
    daemon.backup.push(Buffer.alloc(1024, 'a'), Buffer.alloc(512, 'b'));
    roots = [];
    tools = {
      backUpRoot: async ({ root }, to) => {
        roots.push(root);
        await writeFile(to, 'of the root');
      },
    };
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('writes what the daemon sends, and says how much', async () => {
    const { status, out, err } = await daemon.run(['backup', file], { tools });
    assert.deepEqual([status, out, err], [0, `${file}: 1.5 KiB\n`, '']);
    assert.equal((await readFile(file)).length, 1536);
    assert.deepEqual(roots, []);
  });

  it('prints the size in bytes as JSON', async () => {
    const { out } = await daemon.run(['backup', file, '--json'], { tools, columns: 40 });
    assert.deepEqual(JSON.parse(out), { file, bytes: 1536 });
  });

  it('reads the default root when no daemon runs', async () => {
    daemon.failures.set('version', unavailable);
    const { status, out } = await daemon.run(['backup', file], { tools });
    assert.deepEqual([status, out, roots], [0, `${file}: 11 B\n`, ['/var/lib/strata']]);
  });

  it('reads a root that is named, by itself or by a configuration, and asks no daemon', async () => {
    const config = path.join(directory, 'config.toml');
    await writeFile(config, 'root = "/configured"\n');
    await daemon.run(['backup', file, '--root', '/named'], { tools });
    await daemon.run(['backup', file, '-c', config], { tools });
    assert.deepEqual(roots, ['/named', '/configured']);
    assert.deepEqual(daemon.connections, []);
  });

  it('reads no root when a daemon is named and does not answer', async () => {
    daemon.failures.set('version', unavailable);
    const { status, out, err } = await daemon.run(['backup', file, '--address', '/s'], { tools });
    assert.deepEqual([status, out, roots], [1, '', []]);
    assert.match(err, /^strata: unavailable: no daemon answers on \/s;/);
  });

  it('leaves the file as it was when the daemon fails half-way', async () => {
    await writeFile(file, 'old');
    daemon.failures.set('backup', new DataLossError('records.db cannot be read'));
    const { status, out, err } = await daemon.run(['backup', file], { tools });
    assert.deepEqual([status, out, err], [1, '', 'strata: data loss: records.db cannot be read\n']);
    assert.equal(await readFile(file, 'utf8'), 'old');
    assert.deepEqual(await readdir(directory), ['records.db']);
  });

  it('refuses an empty file name and an empty root', async () => {
    assert.equal((await daemon.run(['backup', ''], { tools })).err, 'strata: <file>: want a path, got ""\n');
    assert.equal((await daemon.run(['backup', file, '--root', ''], { tools })).status, 1);
    assert.deepEqual(roots, []);
  });
});
