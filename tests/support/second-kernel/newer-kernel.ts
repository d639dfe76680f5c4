/**
 * A newer user-mode-linux than that of this Debian, with the C library that it wants, unpacked beside the system: nothing
 * is installed, and the package lists of the system stay as they are.
 *
 * Debian 12's kernel (6.1) panics at the start of its first process on processors with AMX (Intel's since Sapphire
 * Rapids), whose registers do not fit into its buffer for them. Later ones ask the processor for the size.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { checkout } from '../paths.js';
import { mustRun, run } from '../run.js';

/** Where it is kept; a folder of the checkout that git ignores. */
const home = path.join(checkout, 'build', 'second-kernel');
const program = path.join(home, 'usr', 'bin', 'linux.uml');

/** The kernel of one suite, the library of another: sid's library would do as well, but changes more often. */
const packages = ['user-mode-linux/sid', 'libc6/trixie'];
const suites = ['sid', 'trixie'];
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const usualMirror = 'http://deb.debian.org/debian/';

/**
 * Gives the program of the newer kernel; its modules lie beside it. The first time it is fetched: some 60 MB.
 * @throws Error that says why it cannot be had.
 */
export async function newerKernel(): Promise<string> {
  if (existsSync(program)) return program;
  await mkdir(path.dirname(home), { recursive: true });
  const work = await mkdtemp(`${home}-`);
  try {
    await fetchPackages(work);
    const unpacked = await unpack(work);
    // Whoever was faster has put the same there.
    await rename(unpacked, home).catch((error: unknown) => {
      if (!existsSync(program)) throw error;
    });
  } catch (error) {
    throw new Error(`cannot be fetched: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return program;
}

/** Downloads the packages into a folder, with package lists of its own. */
async function fetchPackages(work: string): Promise<void> {
  const mirror = await debianMirror();
  const sources = path.join(work, 'sources.list');
  const lines = suites.map((suite) => `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`);
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

/** Unpacks what was downloaded, and has the kernel run with the library that came with it, not with that of the system. */
async function unpack(work: string): Promise<string> {
  const unpacked = path.join(work, 'unpacked');
  const archives = (await readdir(work)).filter((name) => name.endsWith('.deb'));
  for (const archive of archives) await mustRun('dpkg', ['--extract', path.join(work, archive), unpacked]);
  // Where they will lie in the end. The kernel starts itself again, so that calling it through its loader does not do.
  const libraries = path.join(home, 'usr', 'lib', `${os.machine()}-linux-gnu`);
  const loader = path.join(libraries, 'ld-linux-x86-64.so.2');
  const kernel = path.join(unpacked, path.relative(home, program));
  await mustRun('patchelf', ['--set-interpreter', loader, '--set-rpath', libraries, kernel]);
  return unpacked;
}
