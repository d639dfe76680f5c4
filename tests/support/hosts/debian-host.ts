/** containerd and Docker of another Debian than this, with all that they start. */
import { existsSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { unpackPackages, useOwnLibraries } from '../debian-packages.js';
import { checkout } from '../paths.js';
import { mustRun } from '../run.js';

/** A suite of Debian. */
export type Suite = 'trixie' | 'sid';

/** Programs of a suite. */
export interface DebianHost {
  readonly suite: Suite;
  /** An environment in which its programs are found before those of this system. */
  readonly env: NodeJS.ProcessEnv;
  /** Docker's directory of settings, with its plugins. */
  readonly dockerConfig: string;
}

/** What starts a process of its own, and so is linked with the suite's libraries. */
const programs = [
  'usr/bin/containerd',
  'usr/bin/containerd-shim-runc-v2',
  'usr/bin/ctr',
  'usr/bin/docker',
  'usr/bin/docker-registry',
  'usr/sbin/dockerd',
  'usr/sbin/runc',
  'usr/libexec/docker/cli-plugins/docker-buildx',
];
const packages = ['containerd', 'docker.io', 'docker-cli', 'docker-buildx', 'docker-registry', 'runc'];
const libraries = ['libc6', 'libseccomp2', 'libsystemd0', 'libcap2'];

/** The suite that is tested: trixie, or what the environment says. */
export function testedSuite(): Suite {
  return process.env['STRATA_HOSTS'] === 'sid' ? 'sid' : 'trixie';
}

/** Where a suite is kept; a folder of the checkout that git ignores. */
function homeOf(suite: Suite): string {
  return path.join(checkout, 'build', 'hosts', suite);
}

/**
 * Gives the programs of a suite. The first time they are fetched: some 90 MB, which are 350 on disk.
 * @throws Error that says why they cannot be had.
 */
export async function debianHost(suite: Suite): Promise<DebianHost> {
  const home = homeOf(suite);
  if (!programs.every((name) => existsSync(path.join(home, name)))) {
    // Of another version of this file.
    await rm(home, { recursive: true, force: true });
    await unpackPackages(home, {
      packages: [...packages, ...libraries].map((name) => `${name}/${suite}`),
      async prepare(unpacked) {
        await useOwnLibraries(unpacked, home, programs);
        const plugins = path.join(unpacked, 'docker-config', 'cli-plugins');
        await mkdir(plugins, { recursive: true });
        await symlink('../../usr/libexec/docker/cli-plugins/docker-buildx', path.join(plugins, 'docker-buildx'));
      },
    });
  }
  const own = ['usr/bin', 'usr/sbin'].map((name) => path.join(home, name));
  const env = { PATH: [...own, process.env['PATH'] ?? ''].join(path.delimiter) };
  return { suite, env, dockerConfig: path.join(home, 'docker-config') };
}

/** Starts a program of each kind once. @throws Error that says what does not run. */
export async function runsHost(): Promise<void> {
  const { env } = await debianHost(testedSuite());
  for (const program of ['containerd', 'dockerd', 'runc']) await mustRun(program, ['--version'], { env });
}
