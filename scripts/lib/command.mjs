// What every script begins with.
import { StepFailed, say } from './run.mjs';
import { continueOnReferenceNode, isNewEnough } from './runtime.mjs';

// Where nobody listens for it, SIGUSR1 opens Node's debugger to every user of the machine.
process.on('SIGUSR1', () => {});

/**
 * Runs the main function of a script; what it returns becomes the exit status. Where this machine's Node is too old, the
 * script is run by a newer one.
 * @param {() => Promise<number | undefined> | number | undefined} main
 */
export async function asCommand(main) {
  try {
    process.exitCode = isNewEnough(process.versions.node) ? ((await main()) ?? 0) : await continueOnReferenceNode();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
