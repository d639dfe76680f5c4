import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DoctorFactsChange, doctorFacts } from '../../tests/support/doctor-facts.js';
import type { FindingCode } from './finding.js';
import { rootFindings } from './root-findings.js';

const MIB = 2 ** 20;
const nothing = { backEnds: [], forContainerd: undefined };

/** What is found about such a root. */
function found(root: NonNullable<DoctorFactsChange['root']>): string[] {
  const facts = doctorFacts({ root });
  const codes = Object.entries(rootFindings).filter(([, rule]) => rule(facts, nothing) !== false);
  return codes.map(([code]) => code);
}

const bytes = (free: number, total = 2000 * MIB) => ({ bytes: { free, total } });
const inodes = (free: number, total = 100_000) => ({ inodes: { free, total } });
const on = (type: string, ...options: readonly string[]) => ({
  mount: { root: '/', point: '/', type, source: '/dev/sda1', options },
});

const roots: readonly (readonly [
  what: string,
  root: NonNullable<DoctorFactsChange['root']>,
  codes: readonly FindingCode[],
])[] = [
  ['64 MiB', bytes(64 * MIB), ['space-low']],
  ['a byte less', bytes(64 * MIB - 1), ['space-gone']],
  ['a twentieth of the space', bytes(100 * MIB), []],
  ['a byte less than that', bytes(100 * MIB - 1), ['space-low']],
  ['little space on a small disk', bytes(64 * MIB, 100 * MIB), []],
  ['a file system that does not know its size', bytes(0, 0), []],
  ['1000 inodes', inodes(1000), ['inodes-low']],
  ['999 inodes', inodes(999), ['inodes-gone']],
  ['a twentieth of the inodes', inodes(5000), []],
  ['a file system without a table of inodes', inodes(0, 0), []],
  ['a read-only disk', { ...on('ext4', 'ro'), writable: false }, ['root-read-only']],
  ["another user's directory", { ...on('ext4', 'rw'), writable: false }, ['root-not-writable']],
  ['memory', on('tmpfs'), ['root-volatile']],
  ['a network', on('nfs'), ['root-shared']],
  ['a file system that nobody knows', { mount: undefined }, []],
  ['no types of entries', { directoryTypes: false }, ['no-directory-types']],
  ['types of entries that cannot be asked for', { directoryTypes: undefined }, []],
  ['quotas that are impossible', { projectQuota: 'impossible' }, []],
];

describe('findings about the root', () => {
  for (const [what, root, codes] of roots) {
    it(`are ${codes.join(', ') || 'none'} for ${what}`, () => assert.deepEqual(found(root), codes));
  }

  it('count layers that are not sealed', () => {
    const sentence = (unsealed: readonly string[]) => {
      const remark = rootFindings['layers-unsealed']?.(doctorFacts({ unsealed }), nothing);
      return remark === false ? undefined : remark?.sentence;
    };
    assert.equal(sentence([]), undefined);
    assert.match(sentence(['4']) ?? '', /^1 layer of erofs is not protected by fs-verity, .* can be based on it\.$/);
    assert.match(
      sentence(['4', '5']) ?? '',
      /^2 layers of erofs are not protected by fs-verity, .* can be based on them\.$/,
    );
  });
});
