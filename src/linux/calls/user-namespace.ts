/**
 * User namespaces that exist for their maps of ids alone: nothing runs in them. A thread of Node cannot enter one
 * (clone(2) refuses that to processes with threads), so a child process makes it and ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import {
  abortError,
  FailedPreconditionError,
  fromSystemError,
  InvalidArgumentError,
  NotImplementedError,
  throwIfAborted,
} from '../../errors/index.js';
import { type IdRange, renderIdMap } from './id-map.js';
import { hasErrno } from './system-error.js';

/** Which ids of a container are which on the host. */
export interface IdMapping {
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
}

/** A user namespace, held by a descriptor; it ends with the last use of it. */
export interface UserNamespace extends Disposable {
  readonly fd: number;
}

/** Waits for its input to end, having said that it is there. */
const CHILD = ['unshare', ['--user', '--', 'cat']] as const;

/**
 * Makes a user namespace with these maps, by a child process, which takes some 5 ms.
 * @throws NotImplementedError when unshare(1) is missing; FailedPreconditionError when this machine lets nobody make one.
 * @throws InvalidArgumentError when ranges overlap, PermissionDeniedError when the host ids are not this user's to give.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted; the child has been ended then.
 */
export async function makeUserNamespace(
  mapping: IdMapping,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<UserNamespace> {
  const { signal } = options;
  throwIfAborted(signal);
  const child = spawn(CHILD[0], CHILD[1], { stdio: 'pipe', ...(signal === undefined ? {} : { signal }) });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  // A child that ends early does not read.
  child.stdin.on('error', () => undefined);
  let failure: Error | undefined;
  child.on('error', (error) => {
    failure = error;
  });
  // Comes after an error as well, when the pipes are closed.
  const ended = new Promise<Error>((resolve) => {
    child.once('close', () => resolve(failure ?? new Error(Buffer.concat(said).toString().trim())));
  });
  try {
    child.stdin.write('.');
    const early = await Promise.race([ended, once(child.stdout, 'data').then(() => undefined)]);
    if (early !== undefined) throw childFailure(early, signal);
    // The child may have answered before it was ended.
    throwIfAborted(signal);
    return mapIds(child, mapping);
  } finally {
    child.stdin.end();
    await ended;
  }
}

function childFailure(error: Error, signal: AbortSignal | undefined): Error {
  if (signal?.aborted === true) return abortError(signal);
  if (hasErrno(error, 'ENOENT')) return new NotImplementedError('mapped ids need unshare(1)', { cause: error });
  return new FailedPreconditionError(`cannot make a user namespace: ${error.message}`, { cause: error });
}

function mapIds({ pid }: ChildProcess, { uids, gids }: IdMapping): UserNamespace {
  const place = `/proc/${pid}`;
  try {
    writeFileSync(`${place}/uid_map`, renderIdMap(uids));
    writeFileSync(`${place}/gid_map`, renderIdMap(gids));
    const fd = openSync(`${place}/ns/user`, 'r');
    return { fd, [Symbol.dispose]: () => closeSync(fd) };
  } catch (error) {
    if (hasErrno(error, 'EINVAL'))
      throw new InvalidArgumentError('the kernel refuses the map of ids', { cause: error });
    throw fromSystemError(error, 'cannot map ids');
  }
}
