import { open } from 'node:fs/promises';
import { throwIfAborted } from '../../errors/index.js';
import { flushLoopDevices, LETTING_GO, pause, writableLoopDevices } from '../../linux/index.js';

/** Puts a file, or the entries of a directory, on disk. @throws a system error. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Waits until nobody can write to an image any more: a loop device releases it a little after the unmount.
 * @returns a device that still has it after a quarter of a second; undefined when there is none.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted.
 */
export async function deviceThatStays(image: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  for (let tries = 1; ; tries += 1) {
    throwIfAborted(signal);
    const [device] = writableLoopDevices(image);
    if (device === undefined || tries >= LETTING_GO.tries) return device;
    await pause(LETTING_GO.pauseMs, signal);
  }
}

/**
 * Writes out the file system in an image, mounted or not, so that the image holds everything.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted.
 */
export async function settle(image: string, signal: AbortSignal | undefined): Promise<void> {
  if ((await deviceThatStays(image, signal)) !== undefined) await flushLoopDevices(image);
}
