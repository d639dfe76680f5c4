import { setTimeout as delay } from 'node:timers/promises';
import { abortError, throwIfAborted } from '../../errors/index.js';

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
