/** Entry points that load what they need when they are called, so that importing this room costs next to nothing. */
import type { Config } from './config/index.js';
import type { Daemon } from './daemon-types.js';

/**
 * Runs the daemon in this process until it is told to stop; see `serve` in serve.ts.
 * @returns the status to exit with.
 */
export async function runDaemon(
  config: Config,
  options: { readonly onListening?: (daemon: Daemon) => void } = {},
): Promise<number> {
  const [{ createLogger }, { serve }, { startDaemon }] = await Promise.all([
    import('./logger.js'),
    import('./serve.js'),
    import('./daemon.js'),
  ]);
  const logger = createLogger({ level: config.logLevel, format: config.logFormat });
  return serve({ config, logger, start: startDaemon, ...options });
}
