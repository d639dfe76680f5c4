/**
 * Loop devices: block devices that are files (drivers/block/loop.c, include/uapi/linux/loop.h). One that is attached
 * here clears itself when it is closed and nothing is mounted from it, so that neither a crash nor a forgotten call
 * leaves one behind.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { FailedPreconditionError, NotImplementedError } from '../../errors/index.js';
import { LETTING_GO, pause } from '../calls/pause.js';
import { ioctl } from '../calls/sys.js';
import { hasErrno } from '../calls/system-error.js';
import { type LoopUse, loopDevicesOf } from './loop-users.js';

/** Requests of ioctl(2). */
const LOOP = { CLEAR: 0x4c01, CONFIGURE: 0x4c0a, GET_FREE: 0x4c82 } as const;

/** struct loop_config: a descriptor, a block size, a struct loop_info64, and room for what is to come. */
const CONFIG = { SIZE: 304, FILE: 0, FLAGS: 60, NAME: 64, NAME_SIZE: 64 } as const;

/** Flags of struct loop_info64. */
const FLAG = { READ_ONLY: 1, AUTOCLEAR: 4, DIRECT_IO: 16 } as const;

const CONTROL = '/dev/loop-control';

/** Processes that ask for a free device at the same time get the same one, and only one of them can attach it. */
const TRIES = 1000;

/** How to attach a file. */
export interface LoopOptions {
  /** Lets nobody write to the device; the file may then be read-only itself. Default false. */
  readonly readOnly?: boolean;
  /**
   * Passes reads and writes to the file's disk without another copy in memory; quietly left out by the kernel where the
   * file system cannot. Default false.
   */
  readonly directIo?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A loop device that stays attached until this is disposed: then it is free once nothing is mounted from it. */
export interface OpenLoop extends Disposable {
  /** The device, such as `/dev/loop7`. */
  readonly path: string;
}

/** One that was attached by the caller. */
export interface LoopDevice extends OpenLoop {
  /** Takes the file away from the device at once, or as soon as what is mounted from it is unmounted. */
  detach(): void;
}

/** Whether this machine has loop devices, and lets this process use them. */
export function hasLoopDevices(): boolean {
  try {
    closeSync(openSync(CONTROL, constants.O_RDWR));
    return true;
  } catch {
    return false;
  }
}

/**
 * The loop device of a file: one that has it already, as mount(8) takes it, else a free one, as {@link attachLoop} does.
 * Two devices of one file would each keep what is written in memory of their own, and lose what went through the other.
 * A device that can be written to is shared by those who only read; mounting from it can then say EBUSY, since a file
 * system is mounted for both or for neither. Costs some ten microseconds per loop device of the machine. To be called with the
 * file locked, since others may do the same at this moment.
 * @throws FailedPreconditionError when the file is attached in part, or read-only and is to be written to; it is asked
 * again for a quarter of a second.
 * @throws what attachLoop throws; CanceledError or DeadlineExceededError when the signal is aborted.
 */
export async function openLoop(file: string, options: LoopOptions = {}): Promise<OpenLoop> {
  const { readOnly = false, signal } = options;
  for (let tries = 1; ; tries += 1) {
    const uses = loopDevicesOf(file);
    const fit = uses.find(({ isReadOnly, isWhole }) => isWhole && (readOnly || !isReadOnly));
    const [use] = uses;
    const nobodyWrites = readOnly && uses.every(({ isReadOnly }) => isReadOnly);
    if (use === undefined || (fit === undefined && nobodyWrites)) return attachLoop(file, options);
    const held = fit === undefined ? undefined : hold(fit, file);
    if (held !== undefined) return held;
    if (tries >= LETTING_GO.tries) throw new FailedPreconditionError(unfit(file, use));
    await pause(LETTING_GO.pauseMs, signal);
  }
}

function unfit(file: string, { path, isWhole }: LoopUse): string {
  const how = isWhole ? 'read-only' : 'in part';
  return `${file} is attached to ${path} ${how}, and a second loop device would not share what is written`;
}

/** Keeps a device attached until it is disposed; undefined when it has let go of the file meanwhile. */
function hold({ path }: LoopUse, file: string): OpenLoop | undefined {
  let device: Attached;
  try {
    device = new Attached(path, openSync(path, constants.O_RDONLY));
  } catch (error) {
    if (hasErrno(error, 'ENXIO', 'ENOENT')) return undefined;
    throw error;
  }
  if (loopDevicesOf(file).some((use) => use.path === path)) return device;
  device[Symbol.dispose]();
  return undefined;
}

/**
 * Attaches a file to a free loop device. Costs about a millisecond.
 * @throws NotImplementedError where there are no loop devices, or the kernel is older than Linux 5.8.
 * @throws a system error for the file or the device.
 */
export function attachLoop(file: string, options: LoopOptions = {}): LoopDevice {
  const access = options.readOnly === true ? constants.O_RDONLY : constants.O_RDWR;
  const backing = openSync(file, access);
  try {
    const config = configOf(file, backing, options);
    return attachToFree(config);
  } finally {
    closeSync(backing);
  }
}

function configOf(file: string, backing: number, { readOnly = false, directIo = false }: LoopOptions): Buffer {
  const config = Buffer.alloc(CONFIG.SIZE);
  const flags = FLAG.AUTOCLEAR | (readOnly ? FLAG.READ_ONLY : 0) | (directIo ? FLAG.DIRECT_IO : 0);
  config.writeUInt32LE(backing, CONFIG.FILE);
  config.writeUInt32LE(flags, CONFIG.FLAGS);
  // Shown by losetup(8); the kernel wants a zero at the end.
  Buffer.from(file).copy(config, CONFIG.NAME, 0, CONFIG.NAME_SIZE - 1);
  return config;
}

function attachToFree(config: Buffer): LoopDevice {
  const control = openControl();
  try {
    for (let tries = 1; ; tries += 1) {
      try {
        return attachTo(`/dev/loop${ioctl(control, LOOP.GET_FREE, 0, 'LOOP_CTL_GET_FREE')}`, config);
      } catch (error) {
        if (!isTaken(error) || tries >= TRIES) throw explained(error);
      }
    }
  } finally {
    closeSync(control);
  }
}

function openControl(): number {
  try {
    return openSync(CONTROL, constants.O_RDWR);
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'ENODEV', 'ENXIO')) throw error;
    throw new NotImplementedError('this machine has no loop devices', { cause: error });
  }
}

/** Another process was faster, or has just released the device and it is not ready yet. */
function isTaken(error: unknown): boolean {
  return hasErrno(error, 'EBUSY', 'ENXIO', 'ENODEV');
}

/** The kernel knows no such request before Linux 5.8. */
function explained(error: unknown): unknown {
  if (!hasErrno(error, 'ENOTTY', 'EINVAL')) return error;
  return new NotImplementedError('this kernel cannot attach the file to a loop device', { cause: error });
}

function attachTo(path: string, config: Buffer): LoopDevice {
  const device = openSync(path, constants.O_RDWR);
  try {
    ioctl(device, LOOP.CONFIGURE, config, 'LOOP_CONFIGURE');
  } catch (error) {
    closeSync(device);
    throw error;
  }
  return new Attached(path, device);
}

class Attached implements LoopDevice {
  readonly path: string;
  #fd: number | undefined;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  detach(): void {
    if (this.#fd !== undefined) ioctl(this.#fd, LOOP.CLEAR, 0, 'LOOP_CLR_FD');
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
