/** What overlay requires of its file system and its options. */
import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { FailedPreconditionError } from '../../errors/index.js';

/** What is known about directories of this machine. */
export interface DirectoryTypesFacts {
  /** Whether the entries of a directory tell their types; undefined when it cannot be found out. */
  supportsDirectoryTypes(directory: string): boolean | undefined;
}

/**
 * Makes sure that directory entries of the root tell their types; otherwise overlay would show deleted files.
 * @throws FailedPreconditionError when they do not, in containerd's words.
 */
export function requireDirectoryTypes(root: string, facts: DirectoryTypesFacts): void {
  // An empty directory tells nothing: some file systems know the types of "." and ".." only.
  const dummy = readdirSync(root).length === 0 ? mkdtempSync(join(root, 'fsutils-dummy')) : undefined;
  try {
    if (facts.supportsDirectoryTypes(root) !== false) return;
  } finally {
    if (dummy !== undefined) rmdirSync(dummy);
  }
  throw new FailedPreconditionError(
    `${root} does not support d_type. If the backing filesystem is xfs, please reformat with ftype=1 to enable d_type support`,
  );
}

/** What decides about the option `index`. */
export interface IndexQuestion {
  readonly mountOptions: readonly string[];
  readonly facts: {
    /** Whether overlay knows the option `index`. */
    readonly hasIndexOption: boolean;
  };
}

/** With `index=on` overlay refuses an upper directory that has been over other layers, which snapshots do have. */
export function needsIndexOff({ mountOptions, facts }: IndexQuestion): boolean {
  return facts.hasIndexOption && !mountOptions.some((option) => option === 'index' || option.startsWith('index='));
}
