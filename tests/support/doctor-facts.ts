/** A machine on which everything works, for tests of the doctor. */
import type { DoctorFacts } from '../../src/doctor/index.js';

const GIB = 2 ** 30;

const machine: DoctorFacts['machine'] = {
  platform: 'linux',
  architecture: 'x64',
  kernel: '6.18.0',
  uid: 0,
  capabilities: ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER', 'CAP_SYS_ADMIN', 'CAP_MKNOD'],
  inUserNamespace: false,
  userNamespaces: true,
  addonProblem: undefined,
  overlay: 'present',
  erofs: 'present',
  btrfs: 'present',
  loop: 'present',
  deviceMapper: 'present',
  verity: true,
  overlayDefaults: new Map(),
  selinux: 'off',
  appArmor: false,
};

const root: DoctorFacts['root'] = {
  path: '/var/lib/strata',
  obstacle: undefined,
  nearest: '/var/lib/strata',
  writable: true,
  mount: { root: '/', point: '/', type: 'ext4', source: '/dev/sda1', options: ['rw'] },
  bytes: { total: 100 * GIB, free: 50 * GIB },
  inodes: { total: 1_000_000, free: 500_000 },
  directoryTypes: true,
  reflink: true,
  projectQuota: 'on',
};

const type = `${root.path}/io.containerd.snapshotter.v1`;
const backEndRoots: DoctorFacts['settings']['backEndRoots'] = {
  overlayfs: `${type}.overlayfs`,
  btrfs: `${type}.btrfs`,
  native: `${type}.native`,
  erofs: `${type}.erofs`,
  blockfile: `${type}.blockfile`,
  devmapper: `${type}.devmapper`,
};

/** The parts of {@link DoctorFacts}, each with what is to differ. */
export type DoctorFactsChange = {
  readonly [Part in keyof DoctorFacts]?: DoctorFacts[Part] extends readonly unknown[] | string
    ? DoctorFacts[Part]
    : Partial<DoctorFacts[Part]>;
};

/** Facts of a machine on which everything works and a daemon runs, but for what is given. */
export function doctorFacts(change: DoctorFactsChange = {}): DoctorFacts {
  const address = '/run/strata/strata.sock';
  return {
    node: change.node ?? '20.0.0',
    settings: {
      root: root.path,
      address,
      snapshotter: 'auto',
      proxy: false,
      backEndRoots,
      sealedLayers: false,
      ...change.settings,
    },
    machine: { ...machine, ...change.machine },
    root: { ...root, ...change.root },
    holding: change.holding ?? [],
    unsealed: change.unsealed ?? [],
    overlay: { mounts: 'works', mapsIds: 'works', ...change.overlay },
    programs: change.programs ?? ['unshare', 'mkfs.erofs', 'mkfs.ext4', 'mkfs.xfs'],
    containerd: {
      version: '2.3.0',
      configFile: '/etc/containerd/config.toml',
      configured: true,
      proxies: [
        {
          name: 'strata',
          type: 'snapshot',
          address,
          capabilities: ['remap-ids', 'rebase'],
          root: backEndRoots.overlayfs,
        },
      ],
      criSnapshotter: 'strata',
      unpacksInto: ['strata', 'overlayfs'],
      address: '/run/containerd/containerd.sock',
      answers: true,
      ...change.containerd,
    },
    daemon: { address, state: 'running', version: '1.0.0', root: root.path, plugins: [], ...change.daemon },
  };
}
