import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DoctorFactsChange, doctorFacts } from '../../../tests/support/doctor-facts.js';
import type { Diagnosis } from '../../doctor/index.js';
import { renderDiagnosis } from './diagnosis.js';
import { coloursFor } from './style.js';

const style = { colours: coloursFor({ isTerminal: false, variables: {} }), now: new Date(0) };

function shown(change: DoctorFactsChange, rest: Partial<Diagnosis> = {}): string[] {
  const diagnosis: Diagnosis = {
    facts: doctorFacts(change),
    backEnds: [],
    defaultSnapshotter: { name: 'overlayfs', reason: 'it works here' },
    forContainerd: undefined,
    findings: [],
    ...rest,
  };
  return [...renderDiagnosis(diagnosis, style)];
}

/** The value of a field. */
function field(lines: readonly string[], name: string): string | undefined {
  return lines.find((line) => line.startsWith(`${name}:`))?.replace(/^[^:]*: +/, '');
}

describe('a diagnosis', () => {
  it('says what the machine is and who runs there', () => {
    const lines = shown({});
    assert.equal(field(lines, 'System'), 'linux 6.18.0 on x64, Node 20.0.0');
    assert.equal(field(lines, 'Runs as'), 'root, may mount');
    assert.equal(field(lines, 'Daemon'), '1.0.0 on /run/strata/strata.sock');
    assert.equal(field(lines, 'containerd'), '2.3.0');
  });

  it('says what a user in a user namespace may', () => {
    const lines = shown({ machine: { uid: 1000, capabilities: [], inUserNamespace: true } });
    assert.equal(field(lines, 'Runs as'), 'user 1000, in a user namespace, may not mount');
  });

  it('says that there is no daemon and no containerd', () => {
    const lines = shown({ daemon: { state: 'denied' }, containerd: { version: undefined } });
    assert.deepEqual([field(lines, 'Daemon'), field(lines, 'containerd')], ['denied', 'not installed']);
  });

  it('says where the root is and what can be done there', () => {
    const lines = shown({});
    assert.equal(field(lines, 'Root'), '/var/lib/strata');
    assert.equal(field(lines, 'File system'), 'ext4 at /');
    assert.equal(field(lines, 'Free'), '50.0 GiB of 100.0 GiB, 500000 inodes');
    assert.equal(field(lines, 'Can do'), 'overlay, mapped ids, reflinks, project quotas');
  });

  it('says so of a root that is not there yet, on a file system without a table of inodes that can do nothing', () => {
    const lines = shown({
      root: {
        nearest: '/var',
        mount: undefined,
        inodes: { total: 0, free: 0 },
        reflink: false,
        projectQuota: 'impossible',
      },
      overlay: { mounts: 'fails', mapsIds: 'fails' },
    });
    assert.equal(field(lines, 'Root'), '/var/lib/strata (not made yet)');
    assert.equal(field(lines, 'File system'), 'unknown at ?');
    assert.equal(field(lines, 'Free'), '50.0 GiB of 100.0 GiB');
    assert.equal(field(lines, 'Can do'), 'nothing beyond files');
  });

  it('lists what there is to say of each back end, a line each', () => {
    const lines = shown(
      {},
      {
        backEnds: [
          { name: 'overlayfs', usable: true, obstacles: [], limits: ['no rebase', 'no quota'] },
          { name: 'native', usable: true, obstacles: [], limits: [] },
        ],
      },
    );
    const start = lines.indexOf('BACK END   HERE   NOTES');
    assert.deepEqual(lines.slice(start + 1, start + 5), [
      'overlayfs  works  the default: it works here',
      '                  no rebase',
      '                  no quota',
      'native     works',
    ]);
  });

  it('ends with a verdict that counts errors only', () => {
    const finding = { code: 'unprivileged', severity: 'warning', sentence: 'S.', remedy: 'R.' } as const;
    assert.equal(shown({}, { findings: [finding] }).at(-1), 'Nothing has to be fixed.');
    assert.equal(
      shown({}, { findings: [finding, { ...finding, severity: 'error' }] }).at(-1),
      'One thing has to be fixed.',
    );
  });
});
