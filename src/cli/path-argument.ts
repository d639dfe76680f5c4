import { resolve } from 'node:path';
import { UsageError } from './failure.js';

/**
 * A path that was given, which must not be empty: a variable that is not set would otherwise mean the working directory.
 * @param name What it is called on the command line, such as `<dir>`.
 * @throws UsageError when it is empty.
 */
export function givenPath(path: string, name: string): string {
  if (path !== '') return path;
  throw new UsageError(`${name}: want a path, got ""`);
}

/** The same, made absolute. @throws UsageError when it is empty. */
export function absolutePath(path: string, name: string): string {
  return resolve(givenPath(path, name));
}

/**
 * The path of a unix socket that was given, made absolute; gRPC's `unix:` may stand before it.
 * @throws UsageError when it is empty, or the address of something else, such as `tcp://...`.
 */
export function socketArgument(address: string, name: string): string {
  const path = address.replace(/^unix:(\/\/)?/, '');
  if (!path.includes('://')) return absolutePath(path, name);
  throw new UsageError(`${name}: want the path of a unix socket, got ${JSON.stringify(address)}`);
}
