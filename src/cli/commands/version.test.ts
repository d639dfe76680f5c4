import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { FakeDaemon } from '../../../tests/support/fake-daemon.js';
import { packageVersion } from '../../daemon/api/index.js';
import { InternalError, UnavailableError } from '../../errors/index.js';

describe('strata version', () => {
  let directory: string;
  let address: string;
  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'strata-version-'));
    address = path.join(directory, 's.sock');
    // Whether anybody listens is for the client to find out.
    await writeFile(address, '');
  });
  after(() => rm(directory, { recursive: true }));

  const client = () => `Client:  ${packageVersion()}\nNode:    ${process.versions.node}\nAddress: ${address}\n`;

  it('prints both versions, on any terminal', async () => {
    for (const columns of [undefined, 40]) {
      const surroundings = columns === undefined ? {} : { columns };
      const { status, out } = await new FakeDaemon().run(['version', '--address', address], surroundings);
      assert.deepEqual([status, out], [0, `${client()}Server:  1.2.3\nUUID:    f00d\nPID:     42\n`]);
    }
  });

  it('prints the commit that the daemon was built from', async () => {
    const daemon = new FakeDaemon();
    daemon.revision = 'abc123';
    assert.match((await daemon.run(['version', '-a', address])).out, /^Server: +1\.2\.3 \(abc123\)$/m);
  });

  it('says that no daemon runs, and does not try to reach one where there is no socket', async () => {
    const daemon = new FakeDaemon();
    const { status, out } = await daemon.run(['version', '-a', `unix://${address}.gone`]);
    assert.equal(status, 0);
    assert.match(out, /\nServer: +not running\n$/);
    assert.deepEqual(daemon.connections, []);
  });

  it('says the same of a socket that nobody listens on', async () => {
    const daemon = new FakeDaemon();
    daemon.failures.set('version', new UnavailableError(`cannot reach ${address}: connect ECONNREFUSED ${address}`));
    const { status, out } = await daemon.run(['version', '-a', address]);
    assert.deepEqual([status, out], [0, `${client()}Server:  not running\n`]);
  });

  it('does not say that a daemon is not running which this user may not ask', async () => {
    const daemon = new FakeDaemon();
    daemon.failures.set('version', new UnavailableError(`cannot reach ${address}: connect EACCES ${address}`));
    const { status, out } = await daemon.run(['version', '-a', address]);
    assert.deepEqual([status, out], [0, `${client()}Server:  permission denied\n`]);
  });

  it('prints JSON', async () => {
    const { out } = await new FakeDaemon().run(['version', '-a', address, '--json']);
    assert.deepEqual(JSON.parse(out), {
      client: { version: packageVersion(), node: process.versions.node },
      address,
      server: { version: '1.2.3', revision: '', uuid: 'f00d', pid: 42 },
    });
    assert.equal('server' in JSON.parse((await new FakeDaemon().run(['version', '-a', '/gone', '--json'])).out), false);
  });

  it('ends with 1 when the daemon fails', async () => {
    const daemon = new FakeDaemon();
    daemon.failures.set('server', new InternalError('it is broken'));
    const { status, out, err } = await daemon.run(['version', '-a', address]);
    assert.deepEqual([status, out, err], [1, '', 'strata: internal: it is broken\n']);
  });
});
