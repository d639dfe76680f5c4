const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does work that has to clean up behind it when its user ends the command: the first signal that would end the process aborts
 * the work, and ends the process when the work has settled.
 * @throws what the work throws.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let came: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    came ??= signal;
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    // Nobody listens any more, so this ends the process as the signal would have done.
    if (came !== undefined) process.kill(process.pid, came);
  }
}
