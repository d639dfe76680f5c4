// A wish to end early: everything is taken back first.
import { StepFailed, say } from '../../scripts/lib/run.mjs';
import { killClients } from './process.mjs';

const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Does something that a signal ends: the first one ends those who wait for a daemon, so that everything is taken back on the
 * way out; the second one ends us.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function interruptible(action) {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    say('interrupted; cleaning up');
    controller.abort(new StepFailed('interrupted; everything was cleaned up'));
    killClients();
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await action(controller.signal);
  } catch (error) {
    // That a client was killed is what we wanted.
    controller.signal.throwIfAborted();
    throw error;
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}
