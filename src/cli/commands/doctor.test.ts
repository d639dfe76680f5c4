import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { doctorFacts } from '../../../tests/support/doctor-facts.js';
import { FakeDaemon } from '../../../tests/support/fake-daemon.js';
import { type Ran, runInProcess } from '../../../tests/support/run-cli.js';
import type { ConfigSources } from '../../daemon/index.js';
import type { DaemonFacts, Diagnosis } from '../../doctor/index.js';
import { UnavailableError } from '../../errors/index.js';
import type { Tools } from '../io.js';

/** Runs `strata doctor` on a machine of a test's making. */
function doctor(
  args: readonly string[],
  examine: Tools['examine'],
  { columns, ...tools }: Partial<Tools> & { readonly columns?: number } = {},
): Promise<Ran> {
  const terminal = columns === undefined ? {} : { columns };
  return runInProcess(['doctor', ...args], { tools: { ...tools, examine }, ...terminal });
}

type Finding = Diagnosis['findings'][number];

const notice: Finding = {
  code: 'daemon-not-running',
  severity: 'notice',
  sentence: 'No daemon answers on /s.',
  remedy: 'Start one.',
};
const error: Finding = { code: 'root-not-writable', severity: 'error', sentence: 'No.', remedy: 'Another one.' };

async function found(...findings: readonly Finding[]): Promise<Diagnosis> {
  return {
    facts: doctorFacts(),
    backEnds: [
      { name: 'overlayfs', usable: true, obstacles: [], limits: ['no rebase'] },
      { name: 'btrfs', usable: false, obstacles: ['the root lies on ext4'], limits: [] },
    ],
    defaultSnapshotter: { name: 'overlayfs', reason: 'it works here' },
    forContainerd: undefined,
    findings,
  };
}

describe('strata doctor', () => {
  it('says what it found, and ends with 0 when nothing has to be fixed', async () => {
    const { status, out } = await doctor([], () => found(notice));
    assert.equal(status, 0);
    assert.match(out, /^System: +linux 6\.18\.0 on x64, Node 20\.0\.0$/m);
    assert.match(out, /^overlayfs {2}works {2}the default: it works here\n {18}no rebase\nbtrfs {6}no {5}the root/m);
    assert.match(out, /^· notice {2}No daemon answers on \/s\. {2}daemon-not-running\n {2}Start one\.$/m);
    assert.match(out, /\nNothing has to be fixed\.\n$/);
  });

  it('ends with 1 when something has to be fixed, and counts', async () => {
    const one = await doctor([], () => found(error, notice));
    assert.deepEqual([one.status, one.out.split('\n').at(-2)], [1, 'One thing has to be fixed.']);
    const two = await doctor([], () => found(error, error));
    assert.deepEqual([two.status, two.out.split('\n').at(-2)], [1, '2 things have to be fixed.']);
  });

  it('breaks what does not fit on a narrow terminal', async () => {
    const long = {
      ...error,
      sentence: 'The root lies on a file system that nobody may write to any more.',
      remedy: 'Mount it for writing again, or name another root.',
    };
    const { out } = await doctor([], () => found(notice, long), { columns: 44 });
    assert.match(out, /^· notice {2}daemon-not-running\n {2}No daemon answers on \/s\.\n {2}Start one\.$/m);
    assert.match(out, /^✗ error {2}root-not-writable\n {2}The root lies on a file system that nobody\n {2}may write/m);
    assert.match(out, /^ {2}Mount it for writing again, or name\n {2}another root\.$/m);
    assert.match(out, /^overlayfs {2}works {2}the default: it works here\n {18}no rebase\n/m);
    const narrower = await doctor([], () => found(), { columns: 40 });
    assert.match(narrower.out, /^overlayfs {2}works {2}the default: it works\n {18}here\n {18}no rebase\n/m);
  });

  it('ends with 2 when it cannot look', async () => {
    const failing = () => Promise.reject(new Error('the disk is on fire'));
    assert.deepEqual(await doctor([], failing), { status: 2, out: '', err: 'strata: the disk is on fire\n' });
  });

  it('prints everything as JSON', async () => {
    const { status, out } = await doctor(['--json'], () => found(error));
    assert.equal(status, 1);
    const { findings, backEnds, facts } = JSON.parse(out);
    assert.equal(findings[0].code, 'root-not-writable');
    assert.deepEqual(Object.keys(backEnds[0]), ['name', 'usable', 'obstacles', 'limits']);
    assert.equal(facts.machine.kernel, '6.18.0');
  });

  it('lets nothing through to the terminal that a configuration could carry', async () => {
    const { out } = await doctor([], () => found({ ...error, sentence: 'unknown key \u001b[31m' }));
    assert.equal(out.includes('\u001b'), false);
  });

  const failures: readonly (readonly [string, Error, DaemonFacts['state']])[] = [
    ['nobody listens', new UnavailableError('cannot reach /s: connect ENOENT /s'), 'not running'],
    ["the socket is another user's", new UnavailableError('cannot reach /s: connect EACCES /s'), 'denied'],
  ];
  for (const [what, failure, state] of failures) {
    it(`finds out that ${what}`, async () => {
      let asked: DaemonFacts | undefined;
      const connect: Tools['connect'] = () => Promise.reject(failure);
      const examine: Tools['examine'] = async (_sources, ask) => {
        asked = await ask('/s');
        return found();
      };
      await doctor([], examine, { connect });
      assert.deepEqual(asked, { address: '/s', state, plugins: [] });
    });
  }

  it('finds out which root a daemon has', async () => {
    const daemon = new FakeDaemon();
    const exports = new Map([['root', '/of/the/daemon']]);
    const plugin = { type: 'io.strata.store.v1', id: 'sqlite', requires: [], platforms: [], capabilities: [] };
    daemon.plugins.push({ ...plugin, exports });
    let asked: DaemonFacts | undefined;
    const examine: Tools['examine'] = async (_sources, ask) => {
      asked = await ask('/s');
      return found();
    };
    await daemon.run(['doctor'], { tools: { examine } });
    assert.deepEqual([asked?.state, asked?.root], ['running', '/of/the/daemon']);
  });

  const addresses: readonly (readonly [what: string, args: readonly string[], address: string | undefined])[] = [
    ['the environment', [], '/env'],
    ['an option, before the environment', ['-a', '/given'], '/given'],
    ['a file that is named, before the environment', ['-c', '/c.toml'], undefined],
    ['an option, before the file', ['-c', '/c.toml', '-a', '/given'], '/given'],
  ];
  for (const [what, args, address] of addresses) {
    it(`asks the daemon that is named by ${what}`, async () => {
      let sources: ConfigSources | undefined;
      const examine: Tools['examine'] = async (given) => {
        sources = given;
        return found();
      };
      await runInProcess(['doctor', ...args], { tools: { examine }, variables: { STRATA_ADDRESS: '/env' } });
      assert.equal(sources?.flags?.find(({ path }) => path.join('.') === 'grpc.address')?.value, address);
    });
  }
});
