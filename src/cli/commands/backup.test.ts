import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
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
    for (const [args, variables] of [
      [['--address', '/s'], {}],
      [[], { STRATA_ADDRESS: '/s' }],
    ] as const) {
      const { status, out, err } = await daemon.run(['backup', file, ...args], { tools, variables });
      assert.deepEqual([status, out, roots], [1, '', []]);
      assert.match(err, /^strata: unavailable: no daemon answers on \/s;/);
    }
  });

  it('writes to standard output when told to, and nothing else there', async () => {
    const { status, out, err } = await daemon.run(['backup', '-'], { tools });
    assert.deepEqual([status, out, err], [0, `${'a'.repeat(1024)}${'b'.repeat(512)}`, '']);
    const ofRoot = await daemon.run(['backup', '-', '--root', '/named'], { tools });
    assert.deepEqual([ofRoot.status, ofRoot.out, roots], [0, 'of the root', ['/named']]);
    assert.deepEqual(await readdir(directory), []);
  });

  it('writes no backup to a terminal, and none between JSON', async () => {
    for (const [args, columns] of [
      [['backup', '-'], 80],
      [['backup', '-', '--json'], undefined],
    ] as const) {
      const ran = await daemon.run(args, { tools, ...(columns === undefined ? {} : { columns }) });
      assert.deepEqual([ran.status, ran.out], [2, '']);
    }
    assert.deepEqual(daemon.asked, []);
  });

  it('replaces nothing but a regular file, and names what is there', async () => {
    await symlink('/nowhere', file);
    const { status, out, err } = await daemon.run(['backup', file], { tools });
    const line = `strata: failed precondition: ${file} is a symbolic link: want a regular file there, or nothing\n`;
    assert.deepEqual([status, out, err], [1, '', line]);
    assert.equal(await readlink(file), '/nowhere');
  });

  it('says which directory is missing', async () => {
    const { err } = await daemon.run(['backup', '/nope/x'], { tools });
    assert.equal(err, 'strata: not found: cannot write /nope/x: there is no directory /nope\n');
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
    assert.equal(
      (await daemon.run(['backup', file, '--root', ''], { tools })).err,
      'strata: --root: want a path, got ""\n',
    );
    assert.deepEqual(roots, []);
  });
});
