import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type DoctorFactsChange, doctorFacts } from '../../../tests/support/doctor-facts.js';
import { runInProcess } from '../../../tests/support/run-cli.js';
import type { ForContainerd } from '../../doctor/index.js';

const run = (args: readonly string[], columns?: number) =>
  runInProcess(['config', ...args], { tools: {}, ...(columns === undefined ? {} : { columns }) });

describe('strata config', () => {
  let directory: string;
  let file: string;
  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'strata-config-'));
    file = path.join(directory, 'config.toml');
    await writeFile(file, 'root = "/from/file"\nlog_level = "warn"\n');
  });
  after(() => rm(directory, { recursive: true }));

  it('prints a complete file that it takes itself, the same on any terminal', async () => {
    const { status, out } = await run(['default']);
    assert.equal(status, 0);
    assert.equal((await run(['default'], 40)).out, out);
    assert.match(out, /^# /m);
    const complete = path.join(directory, 'complete.toml');
    await writeFile(complete, out);
    assert.deepEqual(await run(['show', '--config', complete, '--json']), await run(['default', '--json']));
  });

  it('lets flags beat the file, and the file the defaults', async () => {
    const flags = ['--root', '/from/flag', '--address', '/s.sock', '--proxy'];
    const { out } = await run(['show', '--config', file, ...flags]);
    assert.match(out, /^root = "\/from\/flag"$/m);
    assert.match(out, /^log_level = "warn"$/m);
    assert.match(out, /^address = "\/s\.sock"$/m);
    assert.match(out, /^\[proxy\]\nenabled = true$/m);
  });

  it('takes an address before the command for that of the daemon to be', async () => {
    const { out } = await runInProcess(['--address', '/before.sock', 'config', 'show'], { tools: {} });
    assert.match(out, /^address = "\/before\.sock"$/m);
  });

  it('prints JSON', async () => {
    assert.equal(JSON.parse((await run(['show', '-c', file, '--json'])).out).root, '/from/file');
    assert.equal(JSON.parse((await run(['default', '--json'])).out).root, '/var/lib/strata');
  });

  it('says where a file is wrong', async () => {
    const wrong = path.join(directory, 'wrong.toml');
    await writeFile(wrong, 'root = "/r"\nlog_level = "loud"\n');
    const { status, out, err } = await run(['show', '-c', wrong]);
    assert.deepEqual([status, out], [1, '']);
    assert.ok(err.includes(`${wrong}:2`), err);
    assert.match(err, /^strata: [^\n]*log_level[^\n]*\n$/);
  });

  it('says which flag is wrong', async () => {
    const { status, err } = await run(['show', '--log-level', 'loud\u001b']);
    assert.equal(status, 2);
    assert.match(err, /^strata: [^\n]*--log-level[^\n]*loud\\/);
    assert.equal(err.includes('\u001b'), false);
  });
});

const wanted: ForContainerd = {
  containerd: '2.3.0',
  configFile: '/etc/containerd/config.toml',
  format: 3,
  name: 'strata',
  address: '/s.sock',
  capabilities: ['remap-ids', 'rebase'],
  root: '/files',
  unpack: undefined,
};

describe('strata config containerd', () => {
  /** Runs it on a machine of a test's making. */
  async function onMachine(
    [forContainerd, change]: readonly [ForContainerd | undefined, DoctorFactsChange?],
    ...args: readonly string[]
  ) {
    const known: unknown[] = [];
    const ran = await runInProcess(['config', 'containerd', ...args], {
      tools: {
        examine: async (_sources, _ask, containerd) => {
          known.push(containerd);
          const defaultSnapshotter = { name: 'overlayfs', reason: '' };
          return { facts: doctorFacts(change), backEnds: [], defaultSnapshotter, forContainerd, findings: [] };
        },
      },
    });
    return { ...ran, known };
  }

  it('prints what to write, for people and for programs', async () => {
    const { status, out } = await onMachine([wanted]);
    assert.equal(status, 0);
    assert.match(out, /^version = 3\n\n\[proxy_plugins\.strata\]$/m);
    const { format, capabilities } = JSON.parse((await onMachine([wanted], '--json')).out);
    assert.deepEqual([format, capabilities], [3, ['remap-ids', 'rebase']]);
  });

  it('passes on what is known about containerd', async () => {
    const { known } = await onMachine([wanted], '--containerd-version', '2.1', '--containerd-config', '/c.toml');
    assert.deepEqual(known, [{ version: '2.1', configFile: '/c.toml' }]);
    assert.deepEqual((await onMachine([wanted])).known, [{}]);
  });

  const refusals: readonly (readonly [ForContainerd | undefined, DoctorFactsChange, says: RegExp])[] = [
    [undefined, { containerd: { version: undefined } }, /containerd is not in the search path: name its version/],
    [undefined, { containerd: { version: 'unknown' } }, /containerd's version is "unknown": name its version/],
    [wanted, { settings: { problem: 'config.toml:2: no' } }, /configuration cannot be used: config\.toml:2: no/],
  ];
  for (const [known, change, says] of refusals) {
    it(`says in one line what is missing: ${says.source}`, async () => {
      const { status, out, err } = await onMachine([known, change]);
      assert.deepEqual([status, out], [1, '']);
      assert.match(err, says);
    });
  }
});
