// What the integration tests and the benchmark need of the system: Debian's packages, installed where that is possible.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { run, say } from './run.mjs';

/**
 * Debian's name of each package, and a file by which it is recognised on any system.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const neededFiles = {
  containerd: ['/usr/bin/containerd', '/usr/local/bin/containerd'],
  runc: ['/usr/sbin/runc', '/usr/bin/runc', '/usr/local/sbin/runc'],
  umoci: ['/usr/bin/umoci', '/usr/local/bin/umoci'],
  skopeo: ['/usr/bin/skopeo', '/usr/local/bin/skopeo'],
  'busybox-static': ['/bin/busybox', '/usr/bin/busybox'],
  'golang-go': ['/usr/bin/go', '/usr/local/go/bin/go'],
  'golang-github-containerd-containerd-dev': [
    '/usr/share/gocode/src/github.com/containerd/containerd/snapshots/testsuite',
  ],
  attr: ['/usr/bin/setfattr'],
  e2fsprogs: ['/sbin/mkfs.ext4', '/usr/sbin/mkfs.ext4'],
  'btrfs-progs': ['/sbin/mkfs.btrfs', '/usr/sbin/mkfs.btrfs', '/usr/bin/mkfs.btrfs'],
  'erofs-utils': ['/usr/bin/mkfs.erofs', '/usr/sbin/mkfs.erofs', '/sbin/mkfs.erofs'],
  xfsprogs: ['/sbin/mkfs.xfs', '/usr/sbin/mkfs.xfs'],
  git: ['/usr/bin/git', '/usr/local/bin/git'],
  'user-mode-linux': ['/usr/bin/linux.uml'],
  dmsetup: ['/sbin/dmsetup', '/usr/sbin/dmsetup'],
  // For a newer kernel than Debian's.
  patchelf: ['/usr/bin/patchelf', '/usr/local/bin/patchelf'],
  strace: ['/usr/bin/strace', '/usr/local/bin/strace'],
  'util-linux': ['/usr/bin/setpriv', '/bin/setpriv'],
};

/**
 * Debian's names of what is not here.
 * @param {readonly string[]} [names] Those to look for; all by default.
 */
export function missingPackages(names = Object.keys(neededFiles)) {
  return names.filter((name) => !neededFiles[name]?.some((file) => existsSync(file)));
}

/**
 * Installs what is missing, on Debian and as root; elsewhere tells what is missing, and what cannot be done without it.
 * @param {{ names?: readonly string[], purpose?: string, without?: string }} [options] All packages by default, for the
 *   integration tests.
 * @returns {Promise<void>}
 */
export async function provideSystemPackages({
  names = Object.keys(neededFiles),
  purpose = 'the integration tests',
  without = 'the tests that need them are skipped',
} = {}) {
  const missing = missingPackages(names);
  if (missing.length === 0) return;
  const list = missing.join(' ');
  if (!existsSync('/etc/debian_version') || !existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) {
    say(`not here: ${list}; ${without} (as root on Debian they are installed)`);
    return;
  }
  say(`installing for ${purpose}: ${list}`);
  await withoutServices(() => aptGetInstall(missing));
  const still = missingPackages(names);
  if (still.length > 0) say(`could not be installed: ${still.join(' ')}; ${without}`);
}

/** @param {readonly string[]} names */
async function aptGetInstall(names) {
  const install = ['-y', '-qq', '-o=Dpkg::Use-Pty=0', '--no-install-recommends', 'install', ...names];
  const quiet = { env: { DEBIAN_FRONTEND: 'noninteractive' }, output: /** @type {const} */ ('stderr') };
  // The package lists of a new machine are missing or old; those of this morning will do.
  if (canInstall(install) && (await run('apt-get', install, quiet)) === 0) return;
  await run('apt-get', ['-qq', 'update'], quiet);
  await run('apt-get', install, quiet);
}

/** Whether apt-get knows where to get them. @param {readonly string[]} install */
function canInstall(install) {
  return spawnSync('apt-get', ['--simulate', ...install], { stdio: 'ignore' }).status === 0;
}

/**
 * Keeps packages from starting their services: the tests run their own containerd, and the machine shall have no other.
 * @param {() => Promise<void>} action
 */
async function withoutServices(action) {
  const policy = '/usr/sbin/policy-rc.d';
  const mine = !existsSync(policy);
  if (mine) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await action();
  } finally {
    if (mine) rmSync(policy);
  }
}
