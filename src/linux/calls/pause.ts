import { setTimeout as delay } from 'node:timers/promises';
import { abortError, throwIfAborted } from '../../errors/index.js';

/**
 * How long what was unmounted may still be held, by the kernel or by whoever made a mount namespace at that moment: asked 5
 * times, with 50 ms between.
 */
export const LETTING_GO = { tries: 5, pauseMs: 50 } as const;

/**
 * Waits for some milliseconds.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted before or meanwhile.
 */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  throwIfAborted(signal);
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw signal === undefined ? error : abortError(signal);
  }
}
