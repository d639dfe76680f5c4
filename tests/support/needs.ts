import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { oldNode, onNode } from './old-node.js';

/** Things of the machine that a scenario can need. */
export type Need =
  | 'root'
  | 'containerd'
  | 'runc'
  | 'umoci'
  | 'busybox'
  | 'go'
  | 'setpriv'
  | 'git'
  | 'second-kernel'
  | 'strace'
  | 'old node'
  | FileSystemNeed;

/** The programs that make file systems of a type. */
type FileSystemNeed = 'mkfs.ext4' | 'mkfs.xfs' | 'mkfs.btrfs' | 'mkfs.erofs';

const staticBusybox = '/bin/busybox';
const goSources = '/usr/share/gocode/src/github.com/containerd/containerd/snapshots/testsuite';

const checks: Readonly<Record<Need, () => boolean>> = {
  root: () => process.getuid?.() === 0,
  containerd: () => isOnPath('containerd') && isOnPath('ctr') && isOnPath('containerd-shim-runc-v2'),
  runc: () => isOnPath('runc'),
  umoci: () => isOnPath('umoci'),
  busybox: () => existsSync(staticBusybox),
  go: () => isOnPath('go') && existsSync(goSources),
  setpriv: () => isOnPath('setpriv'),
  git: () => isOnPath('git') && isOnPath('npm'),
  'mkfs.ext4': () => isOnPath('mkfs.ext4'),
  'mkfs.xfs': () => isOnPath('mkfs.xfs'),
  'mkfs.btrfs': () => isOnPath('mkfs.btrfs'),
  'mkfs.erofs': () => isOnPath('mkfs.erofs'),
  strace: () => isOnPath('strace'),
  // An npm may be too new for it.
  'old node': () => existsSync(oldNode) && spawnSync('npm', ['--version'], { env: onNode(oldNode) }).status === 0,
  'second-kernel': () => isOnPath('linux.uml') && isOnPath('dmsetup') && existsSync(staticBusybox),
};

function isOnPath(command: string): boolean {
  const directories = (process.env['PATH'] ?? '').split(path.delimiter);
  return directories.some((directory) => existsSync(path.join(directory, command)));
}

/** Why a scenario with these needs is skipped here; undefined when it is not. */
export function reasonToSkip(needs: readonly Need[]): string | undefined {
  const missing = needs.filter((need) => !checks[need]());
  return missing.length === 0 ? undefined : `needs ${missing.join(', ')}`;
}
