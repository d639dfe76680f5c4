import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { abortError, NotImplementedError, UnknownError } from '../../errors/index.js';

/** The file systems that can be made. */
export type FileSystemType = 'ext2' | 'ext4' | 'xfs' | 'btrfs';

/** The arguments that make them ask nothing, and overwrite whatever the file held. */
const FORCE: Readonly<Record<FileSystemType, readonly string[]>> = {
  ext2: ['-F', '-q'],
  ext4: ['-F', '-q'],
  xfs: ['-f', '-q'],
  btrfs: ['-f', '-q'],
};

/** Directories of administrators' programs, in case `PATH` is that of an ordinary user. */
const USUAL = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

/** The program that makes file systems of a type; undefined when it is not installed. */
export function findMkfs(type: FileSystemType): string | undefined {
  return findProgram(`mkfs.${type}`);
}

/** A program by its name, as a shell finds it, or where administrators' programs lie; undefined when it is nowhere. */
export function findProgram(name: string): string | undefined {
  const directories = (process.env['PATH'] ?? '').split(path.delimiter);
  const candidates = [...directories, ...USUAL].filter(path.isAbsolute).map((directory) => path.join(directory, name));
  return candidates.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Which file system to make where. */
export interface MakeFileSystem {
  readonly type: FileSystemType;
  /** A file of the size that the file system is to have, or a block device. */
  readonly path: string;
  /** Further arguments of the program. */
  readonly options?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes a file system in a file or on a device, in a child process; what was there is lost. Takes some ten
 * milliseconds.
 * @throws NotImplementedError when its program is not installed.
 * @throws UnknownError with what the program said when it failed.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted; the program is ended.
 */
export async function makeFileSystem({ type, path: file, options = [], signal }: MakeFileSystem): Promise<void> {
  const program = findMkfs(type);
  if (program === undefined) throw new NotImplementedError(`cannot make ${type}: mkfs.${type} is not installed`);
  await runProgram(program, [...FORCE[type], ...options, '--', file], { signal });
}

/** How to run a program. */
export interface RunProgram {
  readonly signal?: AbortSignal | undefined;
  /** Exit statuses beside 0 that are no failure. */
  readonly accept?: readonly number[];
}

/**
 * Runs a program that has to succeed, without a shell.
 * @throws UnknownError with what it said on standard error.
 */
export async function runProgram(program: string, args: readonly string[], options: RunProgram = {}): Promise<void> {
  await programOutput(program, args, options);
}

/** The same, for what it said on standard output. */
export function programOutput(program: string, args: readonly string[], options: RunProgram = {}): Promise<string> {
  const { signal, accept = [] } = options;
  return new Promise((resolve, reject) => {
    execFile(program, args, signal === undefined ? {} : { signal }, (error, output, said) => {
      if (error === null || accept.some((status) => error.code === status)) resolve(output);
      else if (signal?.aborted === true) reject(abortError(signal));
      else {
        const text = said.trim() || output.trim() || error.message;
        reject(new UnknownError(`${path.basename(program)} failed: ${text}`, { cause: error }));
      }
    });
  });
}
