import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FailedPreconditionError } from '../../errors/index.js';
import { hasErrno } from '../calls/system-error.js';

/** As many symbolic links as containerd follows (github.com/containerd/continuity fs/path.go). */
const MAX_LINKS = 255;

function components(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/**
 * Where a path leads when a directory is taken for the root: `..` stops there and symbolic links, absolute ones too,
 * stay inside. What does not exist is taken literally. The answer holds as long as nobody changes the tree.
 * @throws FailedPreconditionError when the links go in a circle.
 */
export function resolveInRoot(root: string, path: string): string {
  const waiting = components(path).reverse();
  // Always absolute, with `/` for the root.
  let inside = '/';
  for (let links = 0; ; ) {
    const part = waiting.pop();
    if (part === undefined) return join(root, inside);
    const next = part === '..' ? dirname(inside) : join(inside, part);
    const link = part === '..' ? undefined : linkTarget(join(root, next));
    if (link === undefined) {
      inside = next;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) throw new FailedPreconditionError(`too many symbolic links in ${path}`);
    if (link.startsWith('/')) inside = '/';
    waiting.push(...components(link).reverse());
  }
}
