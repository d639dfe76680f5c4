import { statSync } from 'node:fs';
import { FailedPreconditionError, fromSystemError, NotFoundError, throwIfAborted } from '../../errors/index.js';
import { lockFile } from '../calls/file-lock.js';
import { pause } from '../calls/pause.js';
import { MS, UMOUNT, umount } from '../calls/sys.js';
import { describeErrno, hasErrno } from '../calls/system-error.js';
import { performIdMapped } from './id-mapped-mount.js';
import { mountsInside, whatHolds } from './mount-holders.js';
import { type MountSpec, parseMountOptions } from './mount-options.js';
import { makeReadOnly, type PreparedMount, performMount } from './perform-mount.js';
import { resolveInRoot } from './resolve-in-root.js';
import { directoryOf, overlayPlaceOf, showMounted } from './shared-overlay.js';
import { clearAfterUnmount, clearVolatileMark, isVolatile, volatileOverlayAt } from './volatile-mark.js';

/** How to unmount. */
export interface UnmountOptions {
  /** Detaches the mount from the tree at once; the kernel releases it when nobody uses it any more. Default false. */
  readonly detach?: boolean;
  /** Unmounts what is mounted inside as well, from the inside out. Nothing when nothing is mounted at the path itself. Default false. */
  readonly recursive?: boolean;
  /** Aborting it ends the wait for a mount that is in use. */
  readonly signal?: AbortSignal | undefined;
}

/** How long containerd waits for a mount that is in use: 50 times 50 ms (core/mount/mount_linux.go). */
const BUSY = { tries: 50, pauseMs: 50 } as const;

const READ_ONLY_BIND = MS.BIND | MS.RDONLY;

/** What is wrong with a directory to mount at, of which the kernel says no more than that something is missing. */
function targetProblem(error: unknown, target: string): Error | undefined {
  if (!hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
  const there = statSync(target, { throwIfNoEntry: false });
  if (there === undefined) return new NotFoundError(`there is no directory ${target} to mount at`, { cause: error });
  if (there.isDirectory()) return undefined;
  return new FailedPreconditionError(`${target} is to be mounted at, and is no directory`, { cause: error });
}

/** containerd's text about a mount that the kernel refused. */
function mountError(error: unknown, { spec, flags, data }: PreparedMount, target: string): Error {
  if (!(error instanceof Error && 'errno' in error && typeof error.errno === 'number')) return fromSystemError(error);
  const { source, type } = spec;
  const said = /\(.*\)$/s.exec(error.message)?.[0];
  const what = `mount source: ${JSON.stringify(source)}, target: ${JSON.stringify(target)}, fstype: ${type}, flags: ${flags}`;
  const why = `${describeErrno(-error.errno)}${said === undefined ? '' : ` ${said}`}`;
  const text = `${what}, data: ${JSON.stringify(data.join(','))}, err: ${why}`;
  return fromSystemError(
    Object.assign(new Error(text, { cause: error }), { code: systemCode(error), errno: error.errno }),
  );
}

function systemCode(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}

/** Whether a mount is one whose `ro` takes a second call. */
function isReadOnlyBind(flags: number): boolean {
  return (flags & READ_ONLY_BIND) === READ_ONLY_BIND && (flags & MS.REMOUNT) === 0;
}

async function mountOne(prepared: PreparedMount, target: string, signal: AbortSignal | undefined): Promise<void> {
  const overlay = overlayPlaceOf(prepared);
  const loop = prepared.loop === undefined ? undefined : prepared.spec.source;
  const contended = overlay === undefined ? loop : directoryOf(overlay.upper);
  // A file has one loop device, and an upper directory one overlay: who mounts it next waits, and finds what was made.
  using _held = contended === undefined ? undefined : await lockFile(contended, signal);
  try {
    const { flags, data } = prepared;
    if (overlay !== undefined) {
      if (await showMounted(overlay, target, { flags, signal })) return;
      await clearVolatileMark(overlay, { again: data.some(isVolatile) });
    }
    await mountNew(prepared, target, signal);
  } catch (error) {
    throw targetProblem(error, target) ?? mountError(error, prepared, target);
  }
}

async function mountNew(prepared: PreparedMount, target: string, signal: AbortSignal | undefined): Promise<void> {
  const { flags, idMapping: mapping } = prepared;
  if (mapping !== undefined) return performIdMapped({ mount: prepared, mapping, target, signal });
  await performMount(prepared, target, { signal });
  if (isReadOnlyBind(flags)) makeReadOnly(target, flags);
}

/**
 * Mounts a list in order at one directory, as containerd's clients do (core/mount): flags and data from the options, a
 * read-only bind mount by a second call, a `target` below the directory with symbolic links resolved inside it, mapped
 * ids for a pair of `uidmap=` and `gidmap=` (some milliseconds for a child process), and an overlay of up to 500 layers
 * with more than one page of options: through the kernel's newer interface, and before Linux 6.5 with shorter paths in a
 * thread, which takes 30 milliseconds to start. Blocks for up to a millisecond per mount, 50 microseconds for each layer with
 * mapped ids, and some for a loop device, which is released with its mount. A file has one loop device, which all mounts of
 * it share, whoever made them: what is written through one shows in the others. An overlay whose upper directory is
 * mounted already is not made again, which would break the first: the first is bound to the directory as well, with its own
 * options. A first look at what is mounted costs a tenth of a millisecond, and a wait while another process mounts the same.
 * What an overlay with the option `volatile` has left, which keeps it from being mounted again, is removed, unless the machine went
 * down meanwhile. When one mount fails, those before it are unmounted.
 * @throws InvalidArgumentError, before anything is mounted, for an option of containerd's mount manager; for options
 * that are too long.
 * @throws FailedPreconditionError for a file that is to be written to through a loop device, and is mounted read-only, or
 * attached to one in part; for an overlay whose upper directory is mounted where it cannot be bound from, such as
 * another mount namespace: the message says where; for one that was mounted with `volatile` when the machine went down.
 * @throws NotImplementedError for mapped ids where unshare(1) is missing, for a loop device where there are none.
 * @throws NotFoundError when there is no directory to mount at.
 * @throws PermissionDeniedError, or Unknown, in containerd's words when the kernel refuses.
 */
export async function mountAll(
  mounts: readonly MountSpec[],
  target: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const prepared = mounts.map((spec) => ({ spec, ...parseMountOptions(spec.options) }));
  const made: string[] = [];
  try {
    for (const one of prepared) {
      throwIfAborted(options.signal);
      const place = one.spec.target === '' ? target : resolveInRoot(target, one.spec.target);
      await mountOne(one, place, options.signal);
      made.push(place);
    }
  } catch (error) {
    for (const place of made.reverse()) umount(place, UMOUNT.DETACH);
    throw error;
  }
}

function unmountError(error: unknown, target: string): Error {
  const what = `failed to unmount target ${target}`;
  if (!hasErrno(error, 'EBUSY')) return fromSystemError(error, what);
  return new FailedPreconditionError(`${what}: it is in use: ${whatHolds(target)}`, { cause: error });
}

/** Unmounts the topmost mount at a path; false when there is none. Waits while it is in use. */
async function unmountOnce(target: string, { detach = false, signal }: UnmountOptions): Promise<boolean> {
  const flags = UMOUNT.NOFOLLOW | (detach ? UMOUNT.DETACH : 0);
  for (let tries = 1; ; tries += 1) {
    throwIfAborted(signal);
    try {
      const overlay = volatileOverlayAt(target);
      umount(target, flags);
      if (overlay !== undefined) await clearAfterUnmount(overlay);
      return true;
    } catch (error) {
      if (hasErrno(error, 'EINVAL', 'ENOENT', 'ENOTDIR')) return false;
      if (!hasErrno(error, 'EBUSY') || tries >= BUSY.tries) {
        throw unmountError(error, target);
      }
    }
    await pause(BUSY.pauseMs, signal);
  }
}

/**
 * Unmounts whatever is mounted at a path, several mounts on top of each other included. Nothing mounted there, or no such
 * path, is success. A mount that is in use is tried again for 2.5 s. Symbolic links are not followed.
 * @returns whether anything was mounted there.
 * @throws FailedPreconditionError when it stays in use; the message names the mounts inside, and the processes and
 * loop devices that hold it. PermissionDeniedError.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted while it waits.
 */
export async function unmountAll(target: string, options: UnmountOptions = {}): Promise<boolean> {
  for (let done = false; ; done = true) {
    const points = options.recursive === true ? mountsInside(target).map(({ point }) => point) : [];
    for (const point of points.reverse()) await unmountOnce(point, options);
    if (!(await unmountOnce(target, options))) return done;
  }
}

/** Unmounts at a directory what {@link mountAll} mounted there, last first. Throws as {@link unmountAll}. */
export async function unmountMounts(
  mounts: readonly MountSpec[],
  target: string,
  options: UnmountOptions = {},
): Promise<void> {
  for (const spec of mounts.toReversed()) {
    await unmountAll(spec.target === '' ? target : resolveInRoot(target, spec.target), options);
  }
}
