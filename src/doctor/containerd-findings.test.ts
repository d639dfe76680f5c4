import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DoctorFactsChange, doctorFacts } from '../../tests/support/doctor-facts.js';
import { pluginTypes } from '../daemon/index.js';
import { containerdFindings } from './containerd-findings.js';
import type { DoctorFacts, ProxyPlugin } from './facts.js';
import type { FindingCode, Remark } from './finding.js';
import { forContainerd } from './for-containerd.js';

type Change = NonNullable<DoctorFactsChange['containerd']>;

function found(containerd: Change): string[] {
  const facts = doctorFacts({ containerd });
  const codes = Object.entries(containerdFindings).filter(([, rule]) => rule(facts, concluded(facts)) !== false);
  return codes.map(([code]) => code);
}

function concluded(facts: DoctorFacts) {
  return { backEnds: [], forContainerd: forContainerd(facts, 'overlayfs') };
}

/** What is said of it. */
function remark(code: FindingCode, containerd: Change): Remark {
  const facts = doctorFacts({ containerd });
  const said = containerdFindings[code]?.(facts, concluded(facts));
  assert.ok(said !== undefined && said !== false);
  return said;
}

const files = doctorFacts().settings.backEndRoots.overlayfs;

function proxy(name: string, address = '/run/strata/strata.sock', change: Partial<ProxyPlugin> = {}): ProxyPlugin {
  return { name, type: 'snapshot', address, capabilities: ['remap-ids', 'rebase'], root: files, ...change };
}

/** A containerd of this version whose proxy can do this, by its configuration. */
const able = (version: string, ...capabilities: readonly string[]): Change => ({
  version,
  proxies: [proxy('strata', undefined, { capabilities })],
});

const machines: readonly (readonly [what: string, containerd: Change, codes: readonly FindingCode[]])[] = [
  ['one that uses Strata', {}, []],
  [
    'one that calls Strata by another name',
    { proxies: [proxy('mine')], criSnapshotter: 'mine', unpacksInto: ['mine'] },
    [],
  ],
  ['one that looks elsewhere', { proxies: [proxy('strata', '/old.sock')] }, ['containerd-other-address']],
  [
    'one that knows it here under one name and there under another',
    { proxies: [proxy('strata', '/old.sock'), proxy('mine')], criSnapshotter: 'mine', unpacksInto: ['mine'] },
    [],
  ],
  ['one with other proxies only', { proxies: [proxy('stargz', '/stargz.sock')] }, ['containerd-not-configured']],
  ['one that is not running', { answers: false }, ['containerd-not-running']],
  [
    'one that is not running and has nothing to do with Strata',
    { answers: false, proxies: [] },
    ['containerd-not-configured'],
  ],
  ['none', { version: undefined, proxies: [], answers: false }, []],
  ['one that does not know what Strata can do', able('2.3.1'), ['containerd-capabilities']],
  ['a 2.2 with rebase', able('2.2.4', 'remap-ids', 'rebase'), ['containerd-capabilities']],
  ['a 2.2 without it', able('v2.2.4', 'remap-ids'), []],
  ['a 1.7, which makes no use of capabilities', able('1.7.24~ds1', 'remap-ids'), []],
  ['one of a version that nobody knows', able('unknown', 'rebase'), []],
  [
    'one that does not say where the files are',
    { proxies: [proxy('strata', undefined, { root: undefined })] },
    ['containerd-root'],
  ],
  [
    'one that looks for the files elsewhere',
    { proxies: [proxy('strata', undefined, { root: '/old' })] },
    ['containerd-root'],
  ],
  [
    'a 1.6, where that cannot be said',
    {
      version: '1.6.20',
      proxies: [proxy('strata', undefined, { root: undefined, capabilities: [] })],
      unpacksInto: ['overlayfs'],
    },
    [],
  ],
  ['one that unpacks elsewhere only', { unpacksInto: ['overlayfs'] }, ['containerd-transfer']],
  ['one whose pods are elsewhere', { criSnapshotter: 'overlayfs' }, ['containerd-cri']],
  ['one without CRI', { criSnapshotter: undefined }, []],
  ['one whose file cannot be read', { configProblem: 'EACCES', proxies: [] }, ['containerd-unreadable']],
];

describe('findings about containerd', () => {
  for (const [what, containerd, codes] of machines) {
    it(`are ${codes.join(', ') || 'none'} for ${what}`, () => assert.deepEqual(found(containerd), codes));
  }

  it('are none about the mode of a daemon that is a proxy, or that containerd does not use', () => {
    const plugin = { type: pluginTypes.grpc.uri, id: 'namespaces', capabilities: [], exports: new Map() };
    const rule = containerdFindings['containerd-without-proxy'];
    const proxyMode = doctorFacts({ daemon: { plugins: [{ ...plugin, skipped: true, problem: 'skip plugin' }] } });
    assert.equal(rule?.(proxyMode, concluded(proxyMode)), false);
    const alone = doctorFacts({ daemon: { plugins: [{ ...plugin, skipped: false }] }, containerd: { proxies: [] } });
    assert.equal(rule?.(alone, concluded(alone)), false);
  });

  it('say what to write', () => {
    assert.match(remark('containerd-not-configured', { proxies: [] }).remedy, /"strata config containerd" prints/);
    assert.match(
      remark('containerd-root', { proxies: [proxy('strata', undefined, { root: '/old' })] }).remedy,
      /config\.toml/,
    );
  });

  it('name each capability that differs, with what follows', () => {
    const { severity, sentence } = remark('containerd-capabilities', able('2.2.0', 'rebase'));
    assert.equal(severity, 'warning');
    assert.match(sentence, /containerd 2\.2\.0 .* lacks "remap-ids", so containers .* has "rebase", with which/);
    assert.equal(remark('containerd-capabilities', able('2.3.0', 'remap-ids')).severity, 'notice');
    assert.equal(remark('containerd-capabilities', able('2.1.0')).severity, 'warning');
  });

  it('say where the files are', () => {
    const { sentence } = remark('containerd-root', { proxies: [proxy('strata', undefined, { root: '/old' })] });
    assert.ok(sentence.includes(`exports.root is /old, and the files are in ${files}`), sentence);
  });
});
