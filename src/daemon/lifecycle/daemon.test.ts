import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AlreadyExistsError, CanceledError, FailedPreconditionError, UnavailableError } from '../../errors/index.js';
import { connect } from '../../rpc/client/index.js';
import { type Config, resolveConfig } from '../config/index.js';
import { createLogger } from '../logging/logger.js';
import { startDaemon } from './daemon.js';

const type = 'io.containerd.snapshotter.v1';
const others = ['overlayfs', 'btrfs', 'erofs', 'blockfile', 'devmapper'].map((name) => `${type}.${name}`);

describe('a daemon', () => {
  let directory: string;
  let address: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'strata-daemon-'));
    address = path.join(directory, 's.sock');
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** A configuration with native snapshots alone, which works on every machine. */
  async function configOf(change: Readonly<Record<string, unknown>> = {}): Promise<Config> {
    const settings = {
      root: path.join(directory, 'root'),
      state: path.join(directory, 'state'),
      'grpc.address': address,
      disabled_plugins: others,
      ...change,
    };
    const flags = Object.entries(settings).map(([key, value]) => ({ path: key.split('.'), value, origin: key }));
    return resolveConfig({ file: '/dev/null', flags });
  }

  const logger = createLogger({ level: 'silent', format: 'json' });
  const start = async (change: Readonly<Record<string, unknown>> = {}, signal = new AbortController().signal) =>
    startDaemon(await configOf(change), { logger, signal });

  it('can be called when it has started, and no longer when it is closed', async () => {
    const daemon = await start();
    await using client = connect({ address, namespace: 'ci' });
    const snapshotter = client.snapshotter('auto');
    await snapshotter.prepare({ key: 'k' });
    assert.equal((await snapshotter.stat('k')).kind, 'active');
    assert.equal(await client.health(), 'serving');
    assert.deepEqual([daemon.address, daemon.root], [address, path.join(directory, 'root')]);
    await daemon.close();
    await daemon.close();
    await assert.rejects(snapshotter.stat('k'), UnavailableError);
    assert.equal((await readdir(directory)).includes('s.sock'), false);
  });

  it('has after a restart what it had before', async () => {
    for (let run = 0; run < 2; run++) {
      await using _daemon = await start();
      await using client = connect({ address, namespace: 'ci' });
      if (run === 0) await client.snapshotter('native').prepare({ key: 'k' });
      else assert.equal((await client.snapshotter('native').stat('k')).name, 'k');
    }
  });

  it('starts what works, and reports the rest', async () => {
    await using daemon = await start({ disabled_plugins: others.slice(0, -1) });
    const report = (id: string) => daemon.reports.find((each) => each.type === type && each.id === id);
    assert.equal(report('native')?.status, 'ok');
    assert.equal(report('devmapper')?.status, 'skipped');
    assert.match(report('devmapper')?.error?.message ?? '', /pool_name is empty: skip plugin$/);
  });

  it('leaves the socket of another daemon alone', async () => {
    await using _daemon = await start();
    await assert.rejects(start({ root: path.join(directory, 'other') }), AlreadyExistsError);
    await using client = connect({ address });
    assert.equal(await client.health(), 'serving');
  });

  it('leaves the root of another daemon alone, and takes its own socket away', async () => {
    await using _daemon = await start();
    const second = path.join(directory, 'second.sock');
    await assert.rejects(start({ 'grpc.address': second }), (error: unknown) => {
      assert.ok(error instanceof FailedPreconditionError);
      assert.match(error.message, new RegExp(`^no snapshotter could be started .*\\b${process.pid}\\b`));
      return true;
    });
    assert.deepEqual(
      (await readdir(directory)).filter((name) => name.includes('second')),
      [],
    );
  });

  it('does not start without a snapshotter', async () => {
    await assert.rejects(start({ disabled_plugins: [...others, `${type}.native`] }), FailedPreconditionError);
    assert.equal((await readdir(directory)).includes('s.sock'), false);
    // Nothing is left open of the root.
    await using _daemon = await start();
  });

  it('gives up its start when told to', async () => {
    await assert.rejects(start({}, AbortSignal.abort()), CanceledError);
    assert.equal((await readdir(directory)).includes('s.sock'), false);
    await using _daemon = await start();
  });
});
