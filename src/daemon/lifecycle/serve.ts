/** The life of the daemon process: start, say so, wait for a signal, stop in good order. */
import { setTimeout } from 'node:timers/promises';
import { CanceledError } from '../../errors/index.js';
import { endProcess, notifyServiceManager } from '../../linux/index.js';
import type { Config } from '../config/index.js';
import type { Logger } from '../logging/logger.js';
import { logActivity } from './activity.js';
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
  /** Tells systemd, where it has started the process, how far that is: see sd_notify(3). @throws when it cannot be told. */
  notify(state: 'READY=1' | 'STOPPING=1'): void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** What the process is told: signals, and errors that nobody caught. */
export type ServeEvent = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGUSR1' | 'uncaughtException' | 'unhandledRejection';

/** What {@link serve} works with. */
export interface ServeOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly start: StartDaemon;
  /** Called when the daemon answers, for a message to people who started it by hand. */
  readonly onListening?: (daemon: Daemon) => void;
  /** This process when absent. */
  readonly host?: ServeHost;
}

const thisProcess: ServeHost = {
  on: (...args) => process.on(...args),
  off: (...args) => process.off(...args),
  notify: (state) => {
    const address = process.env['NOTIFY_SOCKET'];
    if (address !== undefined && address !== '') notifyServiceManager(address, state);
  },
  exit: endProcess,
};

const FAILURE = 1;

/**
 * Runs the daemon until SIGTERM, SIGINT or SIGHUP, which comes when its terminal is closed. The first signal stops it in good order, or gives up starting; a second one
 * ends the process at once with status 1, and so does the first when stopping, or giving up the start, takes longer than
 * `shutdown_timeout`: a disk that does not answer keeps nobody waiting. An error that nobody caught is logged and ends the
 * process with status 1, since nothing is known about the state then; what was recorded by then is safe. SIGUSR1 logs what the daemon is doing.
 * @returns the status to exit with: 0 after a stop in good order, else 1.
 * @throws whatever kept the daemon from starting.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const { config, logger, start, host = thisProcess } = options;
  const stop = new AbortController();
  let running: Daemon | undefined;
  const unwatch = watch(host, { logger, stop, running: () => running });
  const timeout = config.shutdownTimeout;
  try {
    const starting = startUnlessStopped(() => start(config, { logger, signal: stop.signal }), stop.signal);
    const stopped = aborted(stop.signal).then(() => within(starting, timeout));
    const daemon = await Promise.race([starting, stopped]);
    if (daemon === undefined) return 0;
    if (daemon !== late) {
      running = daemon;
      announce(daemon, logger);
      notify(host, { state: 'READY=1', logger });
      options.onListening?.(daemon);
      await aborted(stop.signal);
      if ((await within(daemon.close(), timeout)) !== late) {
        logger.info('stopped');
        return 0;
      }
    }
    logger.error({ timeout }, 'did not stop in time; ending with work in flight');
    host.exit(FAILURE);
    return FAILURE;
  } finally {
    unwatch();
  }
}

interface WatchOptions {
  readonly logger: Logger;
  readonly stop: AbortController;
  /** The daemon, once it has started. */
  readonly running: () => Daemon | undefined;
}

function watch(host: ServeHost, { logger, stop, running }: WatchOptions): () => void {
  const onSignal = (signal: unknown) => {
    if (stop.signal.aborted) {
      logger.warn({ signal }, 'asked a second time; ending at once');
      host.exit(FAILURE);
      return;
    }
    logger.info({ signal }, 'stopping');
    notify(host, { state: 'STOPPING=1', logger });
    stop.abort();
  };
  const onQuestion = () => {
    const daemon = running();
    if (daemon === undefined) logger.info('starting');
    else logActivity(logger, daemon.activity());
  };
  const onDefect = (error: unknown) => {
    logger.fatal({ err: error }, 'an error that nobody caught; ending at once');
    host.exit(FAILURE);
  };
  const listeners = [
    ['SIGTERM', onSignal],
    ['SIGINT', onSignal],
    ['SIGHUP', onSignal],
    ['SIGUSR1', onQuestion],
    ['uncaughtException', onDefect],
    ['unhandledRejection', onDefect],
  ] as const;
  for (const [event, listener] of listeners) host.on(event, listener);
  return () => {
    for (const [event, listener] of listeners) host.off(event, listener);
  };
}

interface Notice {
  readonly state: Parameters<ServeHost['notify']>[0];
  readonly logger: Logger;
}

/** A daemon that systemd cannot be told of serves all the same, until systemd loses patience. */
function notify(host: ServeHost, { state, logger }: Notice): void {
  try {
    host.notify(state);
  } catch (error) {
    logger.warn({ err: error, state }, 'cannot notify systemd');
  }
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

/** What undoing the start, or stopping the plugins after the last call, may take, in milliseconds. */
const STOP_MARGIN = 1000;

const late = Symbol('late');

/** What work gives, or `late` when it takes longer than calls in flight are given, in milliseconds, and the margin. */
async function within<T>(work: Promise<T>, timeout: number): Promise<T | typeof late> {
  const timer = new AbortController();
  const end = setTimeout(timeout + STOP_MARGIN, late, { signal: timer.signal }).catch((): typeof late => late);
  return Promise.race([work, end]).finally(() => timer.abort());
}
