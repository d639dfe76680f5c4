/** Which loop devices a file is attached to, whoever attached it. */
import { closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs';
import { ioctl, ioctlLater } from '../calls/sys.js';
import { hasErrno } from '../calls/system-error.js';

/** Flushes what is mounted from a device, and the device (BLKFLSBUF; include/uapi/linux/fs.h). */
const BLKFLSBUF = 0x1261;

/** Has a loop device take the size that its file has by now (include/uapi/linux/loop.h). */
const LOOP_SET_CAPACITY = 0x4c07;

const DEVICES = '/sys/block';

function backingFile(device: string): string | undefined {
  try {
    return readFileSync(`${DEVICES}/${device}/loop/backing_file`, 'utf8').replace(/\n$/, '');
  } catch {
    // Not attached, or no more.
    return undefined;
  }
}

function isWritable(device: string): boolean {
  try {
    return readFileSync(`${DEVICES}/${device}/ro`, 'utf8').trim() === '0';
  } catch {
    return false;
  }
}

/**
 * The loop devices, by path, that a file is attached to and can be written through. Takes some ten microseconds per
 * loop device of the machine.
 * @param file An absolute path without symbolic links.
 */
export function writableLoopDevices(file: string): string[] {
  const loops = readdirSync(DEVICES).filter((name) => name.startsWith('loop'));
  return loops.filter((name) => backingFile(name) === file && isWritable(name)).map((name) => `/dev/${name}`);
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
    ioctl(fd, LOOP_SET_CAPACITY, 0, 'LOOP_SET_CAPACITY');
  } finally {
    closeSync(fd);
  }
}
