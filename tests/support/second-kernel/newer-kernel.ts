/**
 * A newer user-mode-linux than that of this Debian, with the C library that it wants.
 *
 * Debian 12's kernel (6.1) panics at the start of its first process on processors with AMX (Intel's since Sapphire
 * Rapids), whose registers do not fit into its buffer for them. Later ones ask the processor for the size.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { unpackPackages, useOwnLibraries } from '../debian-packages.js';
import { checkout } from '../paths.js';

/** Where it is kept; a folder of the checkout that git ignores. */
const home = path.join(checkout, 'build', 'second-kernel');
const program = path.join('usr', 'bin', 'linux.uml');

/** The kernel of one suite, the library of another: sid's library would do as well, but changes more often. */
const packages = ['user-mode-linux/sid', 'libc6/trixie'];

/**
 * Gives the program of the newer kernel; its modules lie beside it. The first time it is fetched: some 60 MB.
 * @throws Error that says why it cannot be had.
 */
export async function newerKernel(): Promise<string> {
  const file = path.join(home, program);
  if (existsSync(file)) return file;
  await unpackPackages(home, {
    packages,
    // The kernel starts itself again, so that calling it through its loader does not do.
    prepare: (unpacked) => useOwnLibraries(unpacked, home, [program]),
  });
  return file;
}
