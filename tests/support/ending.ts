import type { ChildProcess } from 'node:child_process';

/** How a process ended: one of the two. */
export interface Ending {
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

/** How long the output of a process that is gone may stay open, in milliseconds. */
const grace = 2000;

/**
 * Resolves when a process has ended and what it printed has arrived.
 *
 * Programs that it started can hold its outputs open after its end, for ever if they hang. They are not waited for: soon
 * after its end its outputs are closed, and what they print then is lost.
 * @throws Error when it could not be started.
 */
export function endingOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve, reject) => {
    let late: NodeJS.Timeout | undefined;
    child.once('error', reject);
    child.once('exit', () => {
      late = setTimeout(() => closeOutputs(child), grace);
    });
    child.once('close', (status, signal) => {
      clearTimeout(late);
      resolve({ status: status ?? undefined, signal: signal ?? undefined });
    });
  });
}

function closeOutputs({ stdio }: ChildProcess): void {
  for (const stream of stdio) stream?.destroy();
}
