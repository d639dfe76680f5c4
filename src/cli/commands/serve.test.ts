import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { runInProcess } from '../../../tests/support/run-cli.js';
import type { Config, Daemon } from '../../daemon/index.js';
import { FailedPreconditionError } from '../../errors/index.js';
import { processIo, type Tools } from '../io.js';
import { runCli } from '../run.js';

interface Served {
  readonly args?: readonly string[];
  readonly outcome?: number | Error;
  readonly variables?: Readonly<Record<string, string>>;
  readonly columns?: number;
}

/** Runs `strata serve` with a daemon that listens, and ends at once. */
async function serve({ args = [], outcome = 0, ...surroundings }: Served = {}) {
  let config: Config | undefined;
  const ran = await runInProcess(['serve', ...args], {
    ...surroundings,
    tools: {
      runDaemon: async (given, { onListening } = {}) => {
        config = given;
        if (outcome instanceof Error) throw outcome;
        // Nothing else of a daemon is asked for.
        onListening?.({ address: given.grpc.address, root: given.root } as Daemon);
        return outcome;
      },
    },
  });
  return { ...ran, config };
}

describe('strata serve', () => {
  it('says where it serves and what to try, on any terminal', async () => {
    for (const columns of [undefined, 40]) {
      const { status, out, err } = await serve({ ...(columns === undefined ? {} : { columns }) });
      assert.deepEqual([status, err], [0, '']);
      assert.match(
        out,
        /^strata serves containerd's snapshots API on \/run\/strata\/strata\.sock; everything is kept in /,
      );
      assert.match(out, /\n {2}export STRATA_ADDRESS=\/run\/strata\/strata\.sock\n/);
      assert.match(out, /\nCtrl-C ends it\.\n$/);
    }
  });

  it('says what to tell containerd, as a proxy', async () => {
    const { out } = await serve({ args: ['--proxy', '--address', '/s.sock'] });
    assert.match(out, /\n {2}bin\/strata config containerd --address \/s\.sock /);
    assert.doesNotMatch(out, /prepare/);
  });

  it('says nothing when nobody is there to read it', async () => {
    assert.equal((await serve({ variables: { STRATA_HINTS: '0' } })).out, '');
  });

  it('runs with what the flags say', async () => {
    const { config } = await serve({
      args: ['--root', '/r', '--state', '/st', '-a', '/s.sock', '--log-level', 'debug'],
    });
    assert.deepEqual(
      [config?.root, config?.state, config?.grpc.address, config?.logLevel],
      ['/r', '/st', '/s.sock', 'debug'],
    );
  });

  it('quotes an address for the shell, and lets nothing through to the terminal', async () => {
    const { out } = await serve({ args: ['-a', '/my dir/s.sock', '--root', '/r\u001b[2J'] });
    assert.match(out, /\n {2}export STRATA_ADDRESS='\/my dir\/s\.sock'\n/);
    assert.match(out, /kept in \/r\\x1b\[2J\.\n/);
    assert.equal(out.includes('\u001b'), false);
  });

  it('ends with the status of the daemon', async () => assert.equal((await serve({ outcome: 1 })).status, 1));

  it('ends with 1 when it cannot serve', async () => {
    const { status, out, err } = await serve({ outcome: new FailedPreconditionError('process 42 serves /r') });
    assert.deepEqual([status, out, err], [1, '', 'strata: failed precondition: process 42 serves /r\n']);
  });

  it('starts no daemon with a configuration that is wrong', async () => {
    const { status, config } = await serve({ args: ['--log-level', 'loud'] });
    assert.deepEqual([status, config], [2, undefined]);
  });

  it('goes on when nobody takes what it says', async () => {
    const full = () => new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space left on device')) });
    let served = false;
    const runDaemon: Tools['runDaemon'] = async (given, { onListening } = {}) => {
      onListening?.({ address: given.grpc.address, root: given.root } as Daemon);
      // The error comes with the next turn.
      await new Promise(setImmediate);
      served = true;
      return 0;
    };
    const environment = { uid: 0, gid: 0, variables: {} };
    const io = { stdout: full(), stderr: full(), environment, tools: { ...processIo().tools, runDaemon } };
    assert.equal(await runCli(['serve'], io), 0);
    assert.equal(served, true);
  });
});
