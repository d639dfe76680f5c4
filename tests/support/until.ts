import { setTimeout as delay } from 'node:timers/promises';

/** How many seconds anything may take: far more than on a busy machine, since it only matters when something is wrong. */
const patience = 300;

/**
 * Waits until a condition holds, asking again and again: for what other programs do without telling.
 * @param what Named in the error.
 * @throws Error when it does not hold after so many seconds, with what the condition threw last.
 */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  seconds = patience,
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      if (await condition()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await delay(20);
  }
  throw new Error(`${what}: still not so after ${seconds} s`, { cause: last });
}
