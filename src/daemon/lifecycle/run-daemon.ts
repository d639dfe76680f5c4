/** Entry points that load what they need when they are called, so that importing this room costs next to nothing. */
import type { FaultPoints } from '../../base/index.js';
import type { Config } from '../config/index.js';
import type { Daemon } from './daemon-types.js';

/** Options of a daemon in this process. */
export interface RunDaemonOptions {
  /** Called when it answers. */
  readonly onListening?: (daemon: Daemon) => void;
  /** Told at points at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
}

/**
 * Runs the daemon in this process until it is told to stop; see `serve` in serve.ts.
 * @returns the status to exit with.
 */
export async function runDaemon(config: Config, { faults, ...options }: RunDaemonOptions = {}): Promise<number> {
  const [{ createLogger }, { serve }, { startDaemon }] = await Promise.all([
    import('../logging/logger.js'),
    import('./serve.js'),
    import('./daemon.js'),
  ]);
  const logger = createLogger({ level: config.logLevel, format: config.logFormat });
  const more = faults === undefined ? {} : { faults };
  return serve({ config, logger, start: (settings, host) => startDaemon(settings, { ...host, ...more }), ...options });
}
