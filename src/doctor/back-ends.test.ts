import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DoctorFactsChange, doctorFacts } from '../../tests/support/doctor-facts.js';
import { judgeBackEnds } from './back-ends.js';

/** Machines that lack something, and what that does to a back end. */
const verdicts: readonly (readonly [
  what: string,
  on: DoctorFactsChange,
  name: string,
  usable: boolean,
  says: RegExp,
])[] = [
  ['no overlay', { machine: { overlay: 'absent' } }, 'overlayfs', false, /no overlay/],
  ['overlay as a module', { machine: { overlay: 'module' } }, 'overlayfs', true, /^$/],
  ['a root on nfs', mountedOn('nfs4'), 'overlayfs', false, /no upper directory on nfs4/],
  ['no rights', { machine: { capabilities: [] } }, 'overlayfs', true, /only clients with more rights/],
  ['no mapped ids', { overlay: { mapsIds: 'fails' } }, 'overlayfs', true, /cannot be mapped/],
  ['no project quotas', { root: { projectQuota: 'impossible' } }, 'overlayfs', true, /cannot be limited/],
  ['no project quotas', { root: { projectQuota: 'impossible' } }, 'native', true, /cannot be limited/],
  ['a user namespace', { machine: { inUserNamespace: true } }, 'overlayfs', true, /no rebase/],
  ['another system', { machine: { platform: 'darwin' } }, 'native', true, /^$/],
  ['btrfs', mountedOn('btrfs'), 'btrfs', true, /^$/],
  ['btrfs without rights', { ...mountedOn('btrfs'), machine: { capabilities: [] } }, 'btrfs', false, /CAP_SYS_ADMIN/],
  ['btrfs without the addon', { ...mountedOn('btrfs'), machine: { addonProblem: 'x' } }, 'btrfs', false, /addon/],
  ['no reflinks', { root: { reflink: false } }, 'native', true, /whole copy/],
  ['no mkfs.erofs', { programs: [] }, 'erofs', false, /erofs-utils/],
  [
    'no overlay below the root',
    { overlay: { mounts: 'fails' } },
    'erofs',
    true,
    /only with default_size: overlay cannot/,
  ],
  ['no erofs', { machine: { erofs: 'absent' } }, 'erofs', false, /no erofs/],
  ['no loop devices', { machine: { loop: 'absent' } }, 'blockfile', false, /loop/],
  ['no mkfs', { programs: [] }, 'devmapper', false, /e2fsprogs/],
  ['no device-mapper', { machine: { deviceMapper: 'absent' } }, 'devmapper', false, /device-mapper/],
];

function mountedOn(type: string): DoctorFactsChange {
  return { root: { mount: { root: '/', point: '/', type, source: '/dev/sda1', options: ['rw'] } } };
}

describe('back ends', () => {
  for (const [what, on, name, usable, says] of verdicts) {
    it(`${what}: ${name} ${usable ? 'works' : 'does not work'}`, () => {
      const verdict = judgeBackEnds(doctorFacts(on)).find((each) => each.name === name);
      assert.equal(verdict?.usable, usable);
      assert.match([...(verdict?.obstacles ?? []), ...(verdict?.limits ?? [])].join('; '), says);
    });
  }

  it('do not work where the daemon that runs does without them, whatever the machine has', () => {
    const plugin = {
      type: 'io.containerd.snapshotter.v1',
      id: 'erofs',
      problem: 'it cannot be mounted',
      skipped: true,
    };
    const verdicts = judgeBackEnds(
      doctorFacts({ daemon: { plugins: [{ ...plugin, capabilities: [], exports: new Map() }] } }),
    );
    assert.deepEqual(
      verdicts.find(({ name }) => name === 'erofs'),
      {
        name: 'erofs',
        usable: false,
        obstacles: ['the daemon that runs does without it (it cannot be mounted)'],
        limits: [],
      },
    );
  });
});
