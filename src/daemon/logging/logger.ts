/** The daemon's log: pino's JSON lines for machines, or the same lines made readable for people. */
import { isatty } from 'node:tty';
import pino from 'pino';
import { type ColourSupport, isColoured } from '../../base/index.js';
import type { Config } from '../config/index.js';
import { formatLogLine } from './log-text.js';

/** Where lines go; the part of a stream that pino needs. */
export interface LogDestination {
  write(line: string): void;
}

/** A log. Fields come first, then the message: `logger.warn({ err, key }, 'failed to ...')`. */
export type Logger = pino.Logger;

/** What {@link createLogger} needs to know. */
export interface LoggerOptions {
  readonly level: Config['logLevel'];
  readonly format: Config['logFormat'];
  /** Where lines go; standard error when absent. */
  readonly destination?: LogDestination;
  /** Whether a person reads along, which decides `auto`; absent asks standard error. */
  readonly interactive?: boolean;
  /** Environment variables, which may switch colours off; absent takes those of the process. */
  readonly variables?: ColourSupport['variables'];
}

const STDERR = 2;

/** How much of the log waits in memory, in bytes, while it cannot be written; what comes after that is lost. */
const WAITING = 1024 * 1024;

/** What cannot be written, to a full disk or a closed pipe, never ends the daemon: it serves others. */
function standardError(): LogDestination {
  return pino.destination({ dest: STDERR, sync: true, maxLength: WAITING }).on('error', () => undefined);
}

/**
 * Makes a log. Lines on standard error are written before the call returns, so that none is lost when the process ends
 * abruptly; that costs a few microseconds each.
 */
export function createLogger(options: LoggerOptions): Logger {
  const interactive = options.interactive ?? isatty(STDERR);
  const destination = options.destination ?? standardError();
  const text = options.format === 'text' || (options.format === 'auto' && interactive);
  const settings: pino.LoggerOptions = {
    level: options.level,
    // The process id and host name are the same on every line of a daemon, and the journal adds them anyway.
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  if (!text) return pino(settings, destination);
  const colour = isColoured({ isTerminal: interactive, variables: options.variables ?? process.env });
  return pino(settings, { write: (line) => destination.write(formatLogLine(line, { colour })) });
}
