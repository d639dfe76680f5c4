import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon } from '../../tests/support/fake-daemon.js';
import { packageVersion } from '../daemon/api/index.js';
import { InternalError } from '../errors/index.js';

const run = (args: readonly string[], daemon = new FakeDaemon()) => daemon.run(args);

describe('the command line', () => {
  for (const flag of ['--version', '-v']) {
    it(`prints the version for ${flag}`, async () => {
      assert.deepEqual(await run([flag]), { status: 0, out: `${packageVersion()}\n`, err: '' });
    });
  }

  for (const args of [['--help'], ['-h'], ['help']]) {
    it(`prints help for ${args}`, async () => {
      const { status, out, err } = await run(args);
      assert.deepEqual([status, err], [0, '']);
      assert.match(out, /^Usage: strata \[options\] \[command\]\n/);
      for (const command of ['serve', 'tree', 'rm <key...>', 'backup <file>'])
        assert.ok(out.includes(`\n  ${command} `));
    });
  }

  it('prints help for a command of any level', async () => {
    for (const args of [
      ['help', 'config', 'show'],
      ['config', 'show', '--help'],
    ]) {
      const { status, out, err } = await run(args);
      assert.deepEqual([status, err], [0, ''], args.join(' '));
      assert.match(out, /^Usage: strata config show /);
    }
    assert.match((await run(['help', 'ns', 'ls'])).out, /^Usage: strata namespaces ls/);
  });

  it('says what a bare name as a filter means, where that finds nothing', async () => {
    for (const [args, field] of [
      [['ls', 'base'], 'name'],
      [['plugins', 'base'], 'id'],
      [['namespaces', 'ls', 'base'], 'name'],
      [['leases', 'ls', 'base'], 'id'],
    ] as const) {
      const { status, err } = await run(args);
      assert.deepEqual(
        [status, err],
        [0, `strata: nothing has a field base; write ${field}==base to look for that ${field}\n`],
      );
    }
    assert.equal((await run(['ls', 'name==base'])).err, '');
  });

  it('takes an empty text where it means something', async () => {
    assert.equal((await run(['ls', ''])).status, 0);
    assert.equal((await run(['prepare', 'a', ''])).status, 0);
  });

  it('prints help on standard error when there is no command', async () => {
    const { status, out, err } = await run([]);
    assert.deepEqual([status, out], [2, '']);
    assert.match(err, /^Usage: strata /);
  });

  const wrong: readonly (readonly [args: readonly string[], line: RegExp])[] = [
    [['nonsense'], /^strata: unknown command 'nonsense'\n$/],
    [['tre'], /^strata: unknown command 'tre' \(Did you mean tree\?\)\n$/],
    [['namespaces', 'lss'], /^strata: unknown command 'lss' \(Did you mean ls\?\)\n$/],
    [['info'], /^strata: missing required argument 'key'\n$/],
    [['info', 'a', 'b'], /^strata: too many arguments for 'info'\. Expected 1 argument but got 2(: a, b)?\.\n$/],
    [['ls', '--sizes'], /^strata: unknown option '--sizes' \(Did you mean --size\?\)\n$/],
    [['ls', '--\u001b[31m'], /^strata: unknown option '--\\x1b\[31m'\n$/],
    [['info', ''], /^strata: <key>: want a value, got ""\n$/],
    [['rm', 'a', ''], /^strata: <key>: want a value, got ""\n$/],
    [['commit', 'a', ''], /^strata: <key>: want a value, got ""\n$/],
    [['usage', ''], /^strata: \[key\]: want a value, got ""\n$/],
    [['namespaces', 'rm', ''], /^strata: <name>: want a value, got ""\n$/],
    [['config', 'show', '-c', ''], /^strata: --config: want a path, got ""\n$/],
    [['check', '-c', ''], /^strata: --config: want a path, got ""\n$/],
    [
      ['prepare', 'a', '--uid-map', '0'],
      /^strata: --uid-map: want container:host:length, several with commas, got "0"\n$/,
    ],
    [['config', 'show', '--log-level', 'loud'], /^strata: --log-level: log_level: want one of .*, got "loud"\n$/],
    [['serve', '--log-format', 'loud'], /^strata: --log-format: log_format: want one of .*, got "loud"\n$/],
    [['help', 'nope'], /^strata: unknown command 'nope'\n$/],
    [['help', 'config', 'nope'], /^strata: unknown command 'nope'\n$/],
    [['ls', '--timeout', 'soon'], /^strata: --timeout: want a duration such as 10s, got "soon"\n$/],
  ];
  for (const [args, line] of wrong) {
    it(`refuses ${JSON.stringify(args)} in one line, without asking anybody`, async () => {
      const daemon = new FakeDaemon();
      const { status, out, err } = await run(args, daemon);
      assert.deepEqual([status, out, daemon.asked], [2, '', []]);
      assert.match(err, line);
    });
  }

  it('takes the options of all commands before a command and after it', async () => {
    for (const args of [
      ['--address', '/s', '-n', 'ci', '--snapshotter', 'native', '--json', 'ls'],
      ['ls', '--address', '/s', '-n', 'ci', '--snapshotter', 'native', '--json'],
    ]) {
      const daemon = new FakeDaemon();
      assert.deepEqual(await run(args, daemon), { status: 0, out: '[]\n', err: '' });
      assert.deepEqual(daemon.connections, [{ address: '/s', namespace: 'ci' }]);
      assert.equal(daemon.snapshotter, 'native');
      assert.equal(daemon.lastCall?.namespace, 'ci');
    }
  });

  it('lets what stands behind the command win', async () => {
    const daemon = new FakeDaemon();
    await run(['-n', 'before', 'ls', '-n', 'behind'], daemon);
    assert.equal(daemon.lastCall?.namespace, 'behind');
  });

  it('ends with 1 when the command fails, and closes the connection', async () => {
    const daemon = new FakeDaemon();
    daemon.failures.set('walk', new InternalError('it is broken'));
    assert.deepEqual(await run(['ls'], daemon), { status: 1, out: '', err: 'strata: internal: it is broken\n' });
    assert.equal(daemon.closed, 1);
  });

  it('says what is wrong with an address, whatever the command, and tries none', async () => {
    const daemon = new FakeDaemon();
    for (const command of [['ls'], ['version'], ['backup', '/nowhere/x'], ['events'], ['rm', 'a'], ['plugins']]) {
      const { status, out, err } = await daemon.run(['--address', 'tcp://localhost:1', ...command]);
      const line = 'strata: --address: want the path of a unix socket, got "tcp://localhost:1"\n';
      assert.deepEqual([status, out, err], [2, '', line], command[0]);
      const empty = await daemon.run(['--address', '', ...command]);
      assert.deepEqual([empty.status, empty.err], [2, 'strata: --address: want a path, got ""\n'], command[0]);
    }
    assert.deepEqual(daemon.connections, []);
  });

  it('is about an address only where a daemon is called', async () => {
    const variables = { STRATA_ADDRESS: 'tcp://localhost:1' };
    assert.equal((await new FakeDaemon().run(['config', 'default'], { variables })).status, 0);
  });

  it('says what a client could not be made for, and nothing of what follows from that', async () => {
    const tools = { connect: () => Promise.reject(new InternalError('there is none')) };
    const { status, err } = await new FakeDaemon().run(['ls'], { tools });
    assert.deepEqual([status, err], [1, 'strata: internal: there is none\n']);
  });
});
