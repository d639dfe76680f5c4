import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { abortError, throwIfAborted } from '../../errors/index.js';
import { flushLoopDevices, writableLoopDevices } from '../../linux/index.js';

/** Puts a file, or the entries of a directory, on disk. @throws a system error. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** For how long a device may take to let go of an image that was unmounted: 5 times 50 ms. */
const PATIENCE = { tries: 5, pauseMs: 50 } as const;

/**
 * Waits until nobody can write to an image any more: a loop device lets go of it a little later than it is unmounted.
 * @returns a device that still has it after a quarter of a second; undefined when there is none.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted.
 */
export async function deviceThatStays(image: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  for (let tries = 1; ; tries += 1) {
    throwIfAborted(signal);
    const [device] = writableLoopDevices(image);
    if (device === undefined || tries >= PATIENCE.tries) return device;
    await pause(signal);
  }
}

/**
 * Has an image hold all that was written to the file system in it, mounted or not.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted.
 */
export async function settle(image: string, signal: AbortSignal | undefined): Promise<void> {
  if ((await deviceThatStays(image, signal)) !== undefined) await flushLoopDevices(image);
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(PATIENCE.pauseMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw signal === undefined ? error : abortError(signal);
  }
}
