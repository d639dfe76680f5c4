import { existsSync } from 'node:fs';
import path from 'node:path';
import { runsHost } from '../hosts/debian-host.js';
import { oldNode } from '../old-node.js';
import { chooseKernel } from '../second-kernel/index.js';
import {
  mountsErofs,
  mountsFileSystem,
  mountsInUserNamespace,
  mountsOverlay,
  runsContainers,
  runsNpmOnOldNode,
  traces,
} from './attempts.js';

/** How it is found out whether something is here. */
interface Question {
  /** What has to be here before it can be asked. */
  readonly after?: readonly Need[];
  /** What would have to be installed. */
  readonly missing?: () => readonly string[];
  /** Does what the tests do, in small. @throws Error that says why it does not work. */
  readonly attempt?: () => Promise<void>;
}

/** Things that a test can need of the machine. */
export type Need =
  | 'root'
  // Programs.
  | 'containerd'
  | 'umoci'
  | 'skopeo'
  | 'busybox'
  | 'go'
  | 'setpriv'
  | 'git'
  | 'mkfs.ext4'
  | 'mkfs.xfs'
  | 'mkfs.erofs'
  | 'old node'
  // What the kernel does, or lets us do.
  | 'overlay'
  | 'ext4'
  | 'xfs'
  | 'btrfs'
  | 'erofs'
  | 'containers'
  | 'user-namespaces'
  | 'tracing'
  | 'other hosts'
  | 'second-kernel';

const staticBusybox = '/bin/busybox';
const goSources = '/usr/share/gocode/src/github.com/containerd/containerd/snapshots/testsuite';

/** Each need with its question. */
export const questions: Readonly<Record<Need, Question>> = {
  root: { missing: () => (process.getuid?.() === 0 ? [] : ['the rights of root']) },
  containerd: { missing: () => programsMissing('containerd', 'ctr', 'containerd-shim-runc-v2') },
  umoci: { missing: () => programsMissing('umoci') },
  skopeo: { missing: () => programsMissing('skopeo') },
  busybox: { missing: () => filesMissing(staticBusybox) },
  go: { missing: () => [...programsMissing('go'), ...filesMissing(goSources)] },
  setpriv: { missing: () => programsMissing('setpriv') },
  git: { missing: () => programsMissing('git', 'npm') },
  'mkfs.ext4': { missing: () => programsMissing('mkfs.ext4') },
  'mkfs.xfs': { missing: () => programsMissing('mkfs.xfs') },
  'mkfs.erofs': { missing: () => programsMissing('mkfs.erofs') },
  'old node': { missing: () => filesMissing(oldNode), attempt: runsNpmOnOldNode },

  overlay: { after: ['root'], attempt: mountsOverlay },
  ext4: { after: ['root', 'mkfs.ext4'], attempt: () => mountsFileSystem('ext4') },
  xfs: { after: ['root', 'mkfs.xfs'], attempt: () => mountsFileSystem('xfs') },
  btrfs: {
    after: ['root'],
    missing: () => programsMissing('mkfs.btrfs', 'btrfs'),
    attempt: () => mountsFileSystem('btrfs'),
  },
  erofs: { after: ['root', 'mkfs.erofs'], attempt: mountsErofs },
  containers: {
    after: ['root', 'busybox', 'containerd'],
    missing: () => programsMissing('runc'),
    attempt: () => runsContainers(staticBusybox),
  },
  'user-namespaces': { after: ['root', 'setpriv'], attempt: mountsInUserNamespace },
  'other hosts': {
    after: ['containers', 'umoci', 'overlay'],
    missing: () => programsMissing('apt-get', 'dpkg', 'patchelf', 'skopeo'),
    attempt: runsHost,
  },
  tracing: { missing: () => programsMissing('strace'), attempt: traces },
  'second-kernel': {
    after: ['busybox', 'mkfs.ext4', 'mkfs.xfs'],
    missing: () => programsMissing('linux.uml', 'dmsetup', 'patchelf'),
    attempt: chooseKernel,
  },
};

function programsMissing(...commands: readonly string[]): string[] {
  const directories = (process.env['PATH'] ?? '').split(path.delimiter);
  return commands.filter((command) => !directories.some((directory) => existsSync(path.join(directory, command))));
}

function filesMissing(...files: readonly string[]): string[] {
  return files.filter((file) => !existsSync(file));
}
