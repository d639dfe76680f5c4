/** The life of the daemon process: start, say so, wait for a signal, stop in good order. */
import { setTimeout } from 'node:timers/promises';
import { CanceledError } from '../../errors/index.js';
import type { Config } from '../config/index.js';
import type { Logger } from '../logging/logger.js';
import type { Daemon } from './daemon-types.js';

/** What starts the daemon; `startDaemon`, or a stand-in. */
export type StartDaemon = (
  config: Config,
  options: { readonly logger: Logger; readonly signal: AbortSignal },
) => Promise<Daemon>;

/** The part of the process that `serve` uses. */
export interface ServeHost {
  on(event: ServeEvent, listener: (detail: unknown) => void): unknown;
  off(event: ServeEvent, listener: (detail: unknown) => void): unknown;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** What the process is told: signals, and errors that nobody caught. */
export type ServeEvent = 'SIGTERM' | 'SIGINT' | 'uncaughtException' | 'unhandledRejection';

/** What {@link serve} works with. */
export interface ServeOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly start: StartDaemon;
  /** Called when the daemon answers, for a message to people who started it by hand. */
  readonly onListening?: (daemon: Daemon) => void;
  /** The process when absent. */
  readonly host?: ServeHost;
}

const FAILURE = 1;

/**
 * Runs the daemon until SIGTERM or SIGINT. The first signal stops it in good order, or gives up starting; a second one
 * ends the process at once with status 1. An error that nobody caught is logged and ends the process with status 1,
 * since nothing is known about the state then; what was recorded by then is safe.
 * @returns the status to exit with: 0 after a stop in good order, 1 when that took longer than `shutdown_timeout`.
 * @throws whatever kept the daemon from starting.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const { config, logger, start, host = process } = options;
  const stop = new AbortController();
  const unwatch = watch(host, { logger, stop });
  try {
    const daemon = await startUnlessStopped(() => start(config, { logger, signal: stop.signal }), stop.signal);
    if (daemon === undefined) return 0;
    announce(daemon, logger);
    options.onListening?.(daemon);
    await aborted(stop.signal);
    return await close(daemon, { logger, timeout: config.shutdownTimeout });
  } finally {
    unwatch();
  }
}

interface WatchOptions {
  readonly logger: Logger;
  readonly stop: AbortController;
}

function watch(host: ServeHost, { logger, stop }: WatchOptions): () => void {
  const onSignal = (signal: unknown) => {
    if (stop.signal.aborted) {
      logger.warn({ signal }, 'asked a second time; ending at once');
      host.exit(FAILURE);
      return;
    }
    logger.info({ signal }, 'stopping');
    stop.abort();
  };
  const onDefect = (error: unknown) => {
    logger.fatal({ err: error }, 'an error that nobody caught; ending at once');
    host.exit(FAILURE);
  };
  const listeners = [
    ['SIGTERM', onSignal],
    ['SIGINT', onSignal],
    ['uncaughtException', onDefect],
    ['unhandledRejection', onDefect],
  ] as const;
  for (const [event, listener] of listeners) host.on(event, listener);
  return () => {
    for (const [event, listener] of listeners) host.off(event, listener);
  };
}

/** The daemon, or undefined when a signal stopped the start. */
async function startUnlessStopped(start: () => Promise<Daemon>, signal: AbortSignal): Promise<Daemon | undefined> {
  try {
    return await start();
  } catch (error) {
    if (signal.aborted && error instanceof CanceledError) return undefined;
    throw error;
  }
}

function announce(daemon: Daemon, logger: Logger): void {
  for (const { type, id, status, error } of daemon.reports) {
    if (status === 'ok') logger.debug({ plugin: `${type}.${id}` }, 'plugin started');
    else if (status === 'skipped') logger.info({ plugin: `${type}.${id}`, reason: error?.message }, 'plugin skipped');
    else logger.error({ plugin: `${type}.${id}`, err: error }, 'plugin failed');
  }
  logger.info({ address: daemon.address, root: daemon.root, pid: process.pid }, 'listening');
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

interface CloseOptions {
  readonly logger: Logger;
  /** Milliseconds that calls in flight are given. */
  readonly timeout: number;
}

/** What stopping the plugins may take after the last call has ended, in milliseconds. */
const STOP_MARGIN = 1000;

async function close(daemon: Daemon, { logger, timeout }: CloseOptions): Promise<number> {
  const timer = new AbortController();
  const late = setTimeout(timeout + STOP_MARGIN, 'late', { signal: timer.signal }).catch(() => 'closed');
  const result = await Promise.race([daemon.close().then(() => 'closed'), late]).finally(() => timer.abort());
  if (result === 'late') {
    logger.error({ timeout }, 'did not stop in time; ending with calls in flight');
    return FAILURE;
  }
  logger.info('stopped');
  return 0;
}
