import { FailedPreconditionError, InvalidArgumentError } from '../../errors/index.js';
import { inUserNamespace, isAtLeast, type KernelVersion, kernelVersion } from '../calls/kernel-facts.js';
import { type MountCall, MS, mount, mountFlagsOf, pageSize, UMOUNT, umount } from '../calls/sys.js';
import { hasErrno } from '../calls/system-error.js';
import { openLoop } from '../devices/loop.js';
import { mountByParameters } from './mount-by-parameters.js';
import type { MountSpec, ParsedOptions } from './mount-options.js';
import { isLayer, overlayParameters } from './overlay-mount.js';
import { mountWithRelativeLayers } from './relative-layers.js';

/** What overlay takes as a parameter per layer since. */
const LAYER_PARAMETERS = { major: 6, minor: 5 };

/** How many layers overlay takes below the upper directory (fs/overlayfs/overlayfs.h, OVL_MAX_STACK). */
const MOST_LAYERS = 500;

/** What the way of mounting depends on. */
export interface MountContext {
  /** The kernel's version; that of this machine when absent. */
  readonly kernel?: KernelVersion;
  /** Aborting it ends the wait for a loop device. */
  readonly signal?: AbortSignal | undefined;
}

/** A mount with its options sorted. */
export interface PreparedMount extends ParsedOptions {
  readonly spec: MountSpec;
}

/**
 * Performs one mount at a directory, without mapping ids: by mount(2), unless it is an overlay with more than
 * one page of options. A source that needs a loop device gets one, or shares that which it has (see `openLoop`), which is
 * released with the last mount of it.
 * @throws a system error; InvalidArgumentError when the options are too long, or the layers too many.
 * @throws FailedPreconditionError when a loop device would not share what is written through another.
 */
export async function performMount(
  prepared: PreparedMount,
  target: string,
  { kernel = kernelVersion(), signal }: MountContext = {},
): Promise<void> {
  const { spec, flags, loop, data } = prepared;
  const text = data.join(',');
  if (Buffer.byteLength(text) >= pageSize()) return mountLong(prepared, target, kernel);
  const call = { source: spec.source, target, type: spec.type, flags, data: text };
  if (loop === undefined) return mount(call);
  const readOnly = (flags & MS.RDONLY) !== 0;
  using device = await openLoop(spec.source, { readOnly, directIo: loop.directIo, signal });
  mountDevice({ ...call, source: device.path }, spec.source);
}

/** Mounts from a loop device that may be mounted elsewhere: then with the access that its file system has there. */
function mountDevice(call: MountCall, file: string): void {
  const readOnly = (call.flags & MS.RDONLY) !== 0;
  try {
    mount(call);
    return;
  } catch (error) {
    if (!hasErrno(error, 'EBUSY')) throw error;
    if (!readOnly)
      throw new FailedPreconditionError(`${file} is mounted read-only, from ${call.source}`, { cause: error });
  }
  mount({ ...call, flags: call.flags & ~MS.RDONLY });
  makeReadOnly(call.target, call.flags);
}

/**
 * Makes a mount read-only, with all of these flags of mount(2); what it shows stays as it is. Unmounts it when that fails.
 * @throws a system error.
 */
export function makeReadOnly(target: string, flags: number): void {
  // A user namespace may not clear flags that are locked on the mount.
  const locked = inUserNamespace() ? mountFlagsOf(target) : 0;
  try {
    mount({ source: '', target, type: '', flags: flags | locked | MS.REMOUNT | MS.BIND | MS.RDONLY, data: '' });
  } catch (error) {
    umount(target, UMOUNT.DETACH);
    throw error;
  }
}

async function mountLong({ spec, flags, data }: PreparedMount, target: string, kernel: KernelVersion): Promise<void> {
  const { type, source } = spec;
  if (type !== 'overlay') throw new InvalidArgumentError('mount options is too long');
  const parameters = overlayParameters(data);
  const layers = parameters.filter(isLayer).length;
  if (layers > MOST_LAYERS) {
    throw new InvalidArgumentError(`overlay takes at most ${MOST_LAYERS} layers below, and these are ${layers}`);
  }
  const overlay = { source, target, flags, parameters };
  if (isAtLeast(kernel, LAYER_PARAMETERS)) mountByParameters({ type, ...overlay });
  else await mountWithRelativeLayers(overlay, data);
}
