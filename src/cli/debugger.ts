import inspector from 'node:inspector';

/**
 * Closes Node's debugger, unless it was asked for on the command line. SIGUSR1 opens it to every user of the machine as long as
 * nobody listens for that signal, which is so until the first line of bin/strata.
 */
export function closeDebugger(): void {
  const options = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)];
  if (options.some((option) => /^--inspect(-brk|-wait)?(=|$)/.test(option))) return;
  if (inspector.url() !== undefined) inspector.close();
}
