/** What bin/strata starts: the command line of this process. */
import { withContext } from '../errors/index.js';
import { closeDebugger } from './debugger.js';
import { EXIT_FAILURE, failureLine } from './failure.js';
import { processIo } from './io.js';
import { runCli } from './run.js';

// In the next turn: what opens it is in the queue of the event loop.
setImmediate(closeDebugger);

/** A reader that goes away, such as head(1), is no failure; it has seen enough. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`${failureLine(withContext(error, 'cannot write standard output'))}\n`);
  process.exit(EXIT_FAILURE);
});

/** Where nothing can be said, the status has to say it. */
process.stderr.on('error', () => process.exit(EXIT_FAILURE));

process.exitCode = await runCli(process.argv.slice(2), processIo());
