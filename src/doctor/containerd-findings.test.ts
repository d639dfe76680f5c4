import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DoctorFactsChange, doctorFacts } from '../../tests/support/doctor-facts.js';
import { containerdFindings } from './containerd-findings.js';
import type { FindingCode } from './finding.js';

type Change = NonNullable<DoctorFactsChange['containerd']>;

function found(containerd: Change): string[] {
  const facts = doctorFacts({ containerd });
  const codes = Object.entries(containerdFindings).filter(([, rule]) => rule(facts, []) !== false);
  return codes.map(([code]) => code);
}

const proxy = (name: string, address = '/run/strata/strata.sock') => ({ name, type: 'snapshot', address });

const machines: readonly (readonly [what: string, containerd: Change, codes: readonly FindingCode[]])[] = [
  ['one that uses Strata', {}, []],
  ['one that calls Strata by another name', { proxies: [proxy('mine')] }, []],
  ['one that looks elsewhere', { proxies: [proxy('strata', '/old.sock')] }, ['containerd-other-address']],
  [
    'one that knows it here under one name and there under another',
    { proxies: [proxy('strata', '/old.sock'), proxy('mine')] },
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
  ['one whose file cannot be read', { configProblem: 'EACCES', proxies: [] }, ['containerd-unreadable']],
];

describe('findings about containerd', () => {
  for (const [what, containerd, codes] of machines) {
    it(`are ${codes.join(', ') || 'none'} for ${what}`, () => assert.deepEqual(found(containerd), codes));
  }

  it('say what to write, so that it can be pasted', () => {
    const facts = doctorFacts({ settings: { address: '/my "dir"/s.sock' }, containerd: { proxies: [] } });
    const remark = containerdFindings['containerd-not-configured']?.(facts, []);
    assert.ok(remark !== undefined && remark !== false);
    assert.ok(remark.remedy.includes(`address = "/my \\"dir\\"/s.sock"; restart it`), remark.remedy);
  });
});
