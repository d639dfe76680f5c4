/** Loop devices that have a file, whoever attached it. */
import { closeSync, constants, openSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { ioctl, ioctlLater } from '../calls/sys.js';
import { hasErrno } from '../calls/system-error.js';

/** Flushes what is mounted from a device, and the device (BLKFLSBUF; include/uapi/linux/fs.h). */
const BLKFLSBUF = 0x1261;

/** include/uapi/linux/loop.h: has a device take the size that its file has by now; asks which file that is. */
const LOOP = { SET_CAPACITY: 0x4c07, GET_STATUS: 0x4c05 } as const;

/** struct loop_info64 */
const STATUS = { SIZE: 232, DEVICE: 0, INODE: 8 } as const;

const DEVICES = '/sys/block';

/** A loop device that has a file. */
export interface LoopUse {
  /** Such as `/dev/loop7`. */
  readonly path: string;
  readonly isReadOnly: boolean;
  /** Whether it shows the whole file, and not a part of it. */
  readonly isWhole: boolean;
}

/** What the kernel says of a device; empty when it is gone, or not attached. */
function factOf(device: string, name: string): string {
  try {
    return readFileSync(`${DEVICES}/${device}/${name}`, 'utf8').replace(/\n$/, '');
  } catch {
    return '';
  }
}

/** Whether a device is attached to a file; by its path where this process may not ask the device. */
function hasFile(device: string, real: string, file: { readonly dev: bigint; readonly ino: bigint }): boolean {
  let fd: number;
  try {
    fd = openSync(`/dev/${device}`, constants.O_RDONLY);
  } catch (error) {
    return hasErrno(error, 'EACCES', 'EPERM') && factOf(device, 'loop/backing_file') === real;
  }
  try {
    const status = Buffer.alloc(STATUS.SIZE);
    ioctl(fd, LOOP.GET_STATUS, status, 'LOOP_GET_STATUS64');
    return status.readBigUInt64LE(STATUS.DEVICE) === file.dev && status.readBigUInt64LE(STATUS.INODE) === file.ino;
  } catch (error) {
    if (hasErrno(error, 'ENXIO', 'ENODEV')) return false;
    throw error;
  } finally {
    closeSync(fd);
  }
}

/**
 * The loop devices that a file is attached to, those that can be written to first. A device whose path of the file differs, as it does
 * in another mount namespace, is found as well, unless the file has another name there. Takes some ten microseconds per
 * loop device of the machine. No such file is none.
 * @throws a system error when the devices cannot be listed.
 */
export function loopDevicesOf(file: string): LoopUse[] {
  const identity = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (identity === undefined) return [];
  const real = realpathSync(file);
  return attachedFiles()
    .filter(({ file: attached }) => basename(attached) === basename(real))
    .map(({ device }) => basename(device))
    .filter((name) => hasFile(name, real, identity))
    .map((name) => ({
      path: `/dev/${name}`,
      isReadOnly: factOf(name, 'ro') !== '0',
      isWhole: factOf(name, 'loop/offset') === '0' && factOf(name, 'loop/sizelimit') === '0',
    }))
    .sort((a, b) => Number(a.isReadOnly) - Number(b.isReadOnly));
}

/** All loop devices that are attached, with the paths of their files. */
export function attachedFiles(): { readonly device: string; readonly file: string }[] {
  const names = readdirSync(DEVICES).filter((name) => name.startsWith('loop'));
  return names.flatMap((name) => {
    const file = factOf(name, 'loop/backing_file');
    return file === '' ? [] : [{ device: `/dev/${name}`, file }];
  });
}

/** Those of them, by path, that the file can be written through. Costs and throws as {@link loopDevicesOf}. */
export function writableLoopDevices(file: string): string[] {
  return loopDevicesOf(file).flatMap(({ path, isReadOnly }) => (isReadOnly ? [] : [path]));
}

/**
 * Writes out the file systems on a file's loop devices into the file, where the data is in memory or on disk then. Does
 * nothing for a file that is attached to no device.
 * @throws a system error, EACCES without privileges.
 */
export async function flushLoopDevices(file: string): Promise<void> {
  for (const device of writableLoopDevices(file)) await flush(device);
}

async function flush(device: string): Promise<void> {
  let fd: number;
  try {
    fd = openSync(device, constants.O_RDONLY);
  } catch (error) {
    if (hasErrno(error, 'ENXIO', 'ENOENT')) return;
    throw error;
  }
  try {
    await ioctlLater(fd, BLKFLSBUF, Buffer.alloc(8), 'BLKFLSBUF');
  } finally {
    closeSync(fd);
  }
}

/** Gives a loop device the present size of its file. @throws a system error, EACCES without privileges. */
export function updateLoopSize(device: string): void {
  const fd = openSync(device, constants.O_RDONLY);
  try {
    ioctl(fd, LOOP.SET_CAPACITY, 0, 'LOOP_SET_CAPACITY');
  } finally {
    closeSync(fd);
  }
}
