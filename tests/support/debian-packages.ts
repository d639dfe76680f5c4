/**
 * Packages of another Debian than this, unpacked beside the system: nothing is installed, and the package lists of the
 * system stay as they are.
 */
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { mustRun, run } from './run.js';

/** Packages to be unpacked. */
export interface Wanted {
  /** Names, each with its suite: `user-mode-linux/sid`. */
  readonly packages: readonly string[];
  /** Makes what was unpacked ready, before it is moved to where it belongs. */
  readonly prepare: (unpacked: string) => Promise<void>;
}

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const usualMirror = 'http://deb.debian.org/debian/';

/**
 * Downloads packages and unpacks them into a folder, which is there in full when this resolves, or not at all.
 * @throws Error that says why they cannot be had.
 */
export async function unpackPackages(home: string, { packages, prepare }: Wanted): Promise<void> {
  await mkdir(path.dirname(home), { recursive: true });
  const work = await mkdtemp(`${home}-`);
  try {
    await download(work, packages);
    const unpacked = path.join(work, 'unpacked');
    const archives = (await readdir(work)).filter((name) => name.endsWith('.deb'));
    for (const archive of archives) await mustRun('dpkg', ['--extract', path.join(work, archive), unpacked]);
    await prepare(unpacked);
    // Whoever was faster has put the same there.
    await rename(unpacked, home).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } catch (error) {
    throw new Error(`cannot be fetched: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Has programs, which will lie in `home`, run with the libraries that were unpacked beside them, not with those of the system.
 * Programs that start themselves again do so as well.
 */
export async function useOwnLibraries(unpacked: string, home: string, programs: readonly string[]): Promise<void> {
  const libraries = path.join('usr', 'lib', `${os.machine()}-linux-gnu`);
  const loader = (await readdir(path.join(unpacked, libraries))).find((name) => /^ld-linux-.*\.so\.\d+$/.test(name));
  if (loader === undefined) throw new Error(`no loader in ${libraries}`);
  const there = path.join(home, libraries);
  // Libraries find what they need in turn only by the older kind of search path.
  const settings = ['--force-rpath', '--set-interpreter', path.join(there, loader), '--set-rpath', there];
  for (const program of programs) await mustRun('patchelf', [...settings, path.join(unpacked, program)]);
}

/** Downloads packages into a folder, with package lists of its own. */
async function download(work: string, packages: readonly string[]): Promise<void> {
  const mirror = await debianMirror();
  const sources = path.join(work, 'sources.list');
  const suites = new Set(packages.map((name) => name.split('/')[1] ?? ''));
  const lines = [...suites].map((suite) => `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`);
  await writeFile(sources, lines.join(''));
  for (const name of ['lists', 'cache']) await mkdir(path.join(work, name, 'partial'), { recursive: true });
  const settings = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': path.join(work, 'lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': path.join(work, 'cache'),
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
  };
  const own = ['-q', ...Object.entries(settings).map(([name, value]) => `-o=${name}=${value}`)];
  // Without the option it succeeds when no list could be fetched.
  await mustRun('apt-get', [...own, '-o=APT::Update::Error-Mode=any', 'update'], { cwd: work, seconds: 300 });
  await mustRun('apt-get', [...own, 'download', ...packages], { cwd: work, seconds: 300 });
}

/** Where this system gets its Debian packages from. */
async function debianMirror(): Promise<string> {
  const { stdout } = await run('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Identifier: Packages']);
  return stdout.split('\n').find((uri) => uri.endsWith('/debian/')) ?? usualMirror;
}
