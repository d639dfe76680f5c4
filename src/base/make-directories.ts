/**
 * Makes a directory with those above it. Not `mkdir` of Node with `recursive`: that one tries for ever where the kernel
 * answers ENOENT below a directory that is there (below /proc, or on a mount whose server forgot it), in a thread that no
 * signal ends, and it reports ENOENT for a full or a read-only disk.
 */
import { mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a directory, and those above it, unless it is there. Costs one look where it is.
 * @param mode Of each that is made, less the umask. Default: for its owner only.
 * @returns the topmost directory that was made; undefined when all were there.
 * @throws the error of the system that names the directory which could not be made, `EEXIST` when something else lies there.
 */
export async function makeDirectories(path: string, mode = 0o700): Promise<string | undefined> {
  const missing: string[] = [];
  for (let at = resolve(path); !(await isDirectory(at)); at = dirname(at)) missing.unshift(at);
  for (const each of missing) {
    try {
      await mkdir(each, mode);
    } catch (error) {
      // Another may have made it meanwhile.
      if (!isCode(error, 'EEXIST') || !(await isDirectory(each))) throw error;
    }
  }
  return missing[0];
}

/** The same on this thread, for steps between which nothing else may run, and for a start. */
export function makeDirectoriesNow(path: string, mode = 0o700): string | undefined {
  const missing: string[] = [];
  for (let at = resolve(path); !isDirectoryNow(at); at = dirname(at)) missing.unshift(at);
  for (const each of missing) {
    try {
      mkdirSync(each, mode);
    } catch (error) {
      if (!isCode(error, 'EEXIST') || !isDirectoryNow(each)) throw error;
    }
  }
  return missing[0];
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function isDirectoryNow(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
