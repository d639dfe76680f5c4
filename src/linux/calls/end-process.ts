import { canCallSystem, libc } from './libc.js';

/**
 * Ends this process at once with a status. `process.exit` waits for the threads of Node's pool: for ever, where a disk or a
 * server does not answer one of them.
 */
export function endProcess(status: number): void {
  if (canCallSystem()) libc().exit(status);
  process.exit(status);
}
