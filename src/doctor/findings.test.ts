import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DoctorFactsChange, doctorFacts } from '../../tests/support/doctor-facts.js';
import { pluginTypes } from '../daemon/index.js';
import { diagnose } from './diagnose.js';
import { type FindingCode, findingCodes, type Severity } from './finding.js';

/** As a machine has it on which everything works. */
const [known] = doctorFacts().containerd.proxies;
assert.ok(known !== undefined);

/** A daemon that is no proxy has it. */
const namespaces = {
  type: pluginTypes.grpc.uri,
  id: 'namespaces',
  skipped: false,
  capabilities: [],
  exports: new Map(),
};

/** For each finding a machine that has it, how grave it is, and a part of what is said. */
const cases: Readonly<
  Record<FindingCode, { readonly on: DoctorFactsChange; readonly severity: Severity; readonly says: RegExp }>
> = {
  'not-linux': { on: { machine: { platform: 'darwin' } }, severity: 'error', says: /this is darwin/ },
  'addon-missing': {
    on: { machine: { addonProblem: 'no prebuilt file' } },
    severity: 'error',
    says: /no prebuilt file\. .*npm ci/,
  },
  'configuration-invalid': {
    on: { settings: { problem: 'config.toml:3: unknown key rot' } },
    severity: 'error',
    says: /config\.toml:3: unknown key rot/,
  },
  'address-too-long': {
    on: { settings: { address: `/${'a'.repeat(107)}` }, containerd: { version: undefined, proxies: [] } },
    severity: 'error',
    says: /108 bytes, more than 107/,
  },
  'root-no-directory': {
    on: { root: { obstacle: '/srv is a symbolic link to /gone, which leads nowhere' } },
    severity: 'error',
    says: /cannot be made: \/srv is a symbolic link to \/gone, which leads nowhere\. .*--root/,
  },
  'root-not-writable': { on: { root: { writable: false } }, severity: 'error', says: /may not write to .*--root/ },
  'root-read-only': {
    on: {
      root: { writable: false, mount: { root: '/', point: '/srv', type: 'ext4', source: '/dev/sdb', options: ['ro'] } },
    },
    severity: 'error',
    says: /mounted read-only.*remount,rw \/srv/,
  },
  'root-volatile': {
    on: { root: { mount: { root: '/', point: '/tmp', type: 'tmpfs', source: 'tmpfs', options: [] } } },
    severity: 'warning',
    says: /gone after a restart/,
  },
  'root-shared': {
    on: { root: { mount: { root: '/', point: '/mnt', type: 'nfs4', source: 'server:/', options: [] } }, holding: [] },
    severity: 'warning',
    says: /other machines/,
  },
  'space-gone': { on: { root: { bytes: { total: 2 ** 40, free: 2 ** 20 } } }, severity: 'error', says: /1 MiB left/ },
  'space-low': { on: { root: { bytes: { total: 2 ** 40, free: 2 ** 30 } } }, severity: 'warning', says: /1024 MiB of/ },
  'inodes-gone': { on: { root: { inodes: { total: 1e6, free: 7 } } }, severity: 'error', says: /7 inodes left/ },
  'inodes-low': { on: { root: { inodes: { total: 1e6, free: 2000 } } }, severity: 'warning', says: /2000 of 1000000/ },
  'layers-unsealed': { on: { unsealed: ['4', '5'] }, severity: 'warning', says: /2 layers of erofs are not protected/ },
  'quota-off': { on: { root: { projectQuota: 'off' } }, severity: 'notice', says: /prjquota/ },
  'no-directory-types': { on: { root: { directoryTypes: false } }, severity: 'warning', says: /ftype=1/ },
  'back-end-unusable': {
    on: { settings: { snapshotter: 'btrfs' } },
    severity: 'error',
    says: /asks for the snapshotter "btrfs".*the root lies on ext4/,
  },
  'snapshots-out-of-reach': {
    on: { holding: ['overlayfs'], overlay: { mounts: 'fails', problem: 'EINVAL' } },
    severity: 'error',
    says: /snapshots in overlayfs, which cannot be used \(overlay cannot be mounted below the root: EINVAL\)/,
  },
  unprivileged: { on: { machine: { capabilities: [] } }, severity: 'warning', says: /CAP_SYS_ADMIN.*unshare/ },
  'no-user-namespaces': {
    on: { machine: { userNamespaces: false } },
    severity: 'notice',
    says: /max_user_namespaces/,
  },
  'kernel-old': { on: { machine: { kernel: '5.10.0-18-amd64' } }, severity: 'warning', says: /older than 5\.11/ },
  'selinux-enforcing': { on: { machine: { selinux: 'enforcing' } }, severity: 'notice', says: /context/ },
  'daemon-denied': { on: { daemon: { state: 'denied' } }, severity: 'warning', says: /grpc\.mode/ },
  'daemon-other-root': {
    on: { daemon: { root: '/elsewhere' } },
    severity: 'notice',
    says: /has another root, \/elsewhere; this is about \/var\/lib\/strata/,
  },
  'plugin-failed': {
    on: {
      daemon: {
        plugins: [
          { type: 'a', id: 'left-out', problem: 'disabled', skipped: true, capabilities: [], exports: new Map() },
          { type: 'a', id: 'broken', problem: 'no space', skipped: false, capabilities: [], exports: new Map() },
        ],
      },
    },
    severity: 'error',
    says: /runs, broken did not start: no space\./,
  },
  'daemon-not-running': { on: { daemon: { state: 'not running' } }, severity: 'notice', says: /strata serve/ },
  'containerd-unreadable': {
    on: { containerd: { configProblem: 'EACCES', proxies: [] } },
    severity: 'warning',
    says: /EACCES/,
  },
  'containerd-other-address': {
    on: { containerd: { proxies: [{ ...known, address: '/elsewhere' }] } },
    severity: 'warning',
    says: /looks for Strata on \/elsewhere/,
  },
  'containerd-not-configured': {
    on: { containerd: { proxies: [] } },
    severity: 'notice',
    says: /strata config containerd/,
  },
  'containerd-without-proxy': {
    on: { daemon: { plugins: [namespaces] } },
    severity: 'error',
    says: /is no proxy: .* "snapshotter not loaded: strata"\. .*strata serve --proxy/,
  },
  'containerd-capabilities': {
    on: { containerd: { version: '2.2.0' } },
    severity: 'warning',
    says: /containerd 2\.2\.0 .* has "rebase"/,
  },
  'containerd-root': {
    on: { containerd: { proxies: [{ ...known, root: undefined }] } },
    severity: 'warning',
    says: /exports\.root is not set/,
  },
  'containerd-transfer': { on: { containerd: { unpacksInto: [] } }, severity: 'warning', says: /no unpack_config/ },
  'containerd-cri': { on: { containerd: { criSnapshotter: 'overlayfs' } }, severity: 'notice', says: /in overlayfs/ },
  'containerd-not-running': { on: { containerd: { answers: false } }, severity: 'notice', says: /nobody answers/ },
};

const ofAnotherBackEnd: readonly FindingCode[] = ['containerd-capabilities', 'containerd-root'];

/** Findings that come with others by their nature. */
const companions: Readonly<Partial<Record<FindingCode, readonly FindingCode[]>>> = {
  'address-too-long': ['containerd-not-configured'],
  // Another back end is the default then, with other capabilities and files.
  'not-linux': ofAnotherBackEnd,
  'root-shared': ofAnotherBackEnd,
  'no-directory-types': ofAnotherBackEnd,
  'back-end-unusable': ofAnotherBackEnd,
};

describe('findings', () => {
  it('are none on a machine on which everything works', () => {
    const { findings, backEnds, defaultSnapshotter } = diagnose(doctorFacts());
    assert.deepEqual(findings, []);
    assert.deepEqual(
      backEnds.map(({ name, usable }) => [name, usable]),
      ['overlayfs', 'btrfs', 'native', 'erofs', 'blockfile', 'devmapper'].map((name) => [name, name !== 'btrfs']),
    );
    assert.equal(defaultSnapshotter.name, 'overlayfs');
  });

  for (const code of findingCodes) {
    const { on, severity, says } = cases[code];
    it(`${code}: is made, and nothing else with it`, () => {
      const { findings } = diagnose(doctorFacts(on));
      const alone = findings.filter((finding) => companions[code]?.includes(finding.code) !== true);
      assert.deepEqual(
        alone.map((finding) => [finding.code, finding.severity]),
        [[code, severity]],
      );
      assert.match(`${alone[0]?.sentence} ${alone[0]?.remedy}`, says);
    });
  }

  it('come with the gravest first', () => {
    const { findings } = diagnose(
      doctorFacts({
        daemon: { state: 'not running' },
        root: { writable: false, directoryTypes: false },
        containerd: { version: undefined, proxies: [] },
      }),
    );
    assert.deepEqual(
      findings.map(({ severity }) => severity),
      ['error', 'warning', 'notice'],
    );
  });
});
