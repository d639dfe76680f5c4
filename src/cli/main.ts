/** What bin/strata starts: the command line of this process. */
import { processIo } from './io.js';
import { runCli } from './run.js';

/** A reader that goes away, such as head(1), is no failure; it has seen enough. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}

process.exitCode = await runCli(process.argv.slice(2), processIo());
