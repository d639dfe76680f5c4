/** What goes wrong, in one line of text and one exit status. */
import { statSync } from 'node:fs';
import { fileKind } from '../base/api/index.js';
import {
  errorClasses,
  fromSystemError,
  PermissionDeniedError,
  type StrataError,
  UnavailableError,
} from '../errors/index.js';
import { escapeText } from './output/escape.js';
import { plainSystemText } from './system-text.js';

/** Everything went well. */
export const EXIT_OK = 0;
/** What was asked for could not be done, or not all of it. */
export const EXIT_FAILURE = 1;
/** The command line itself is wrong. */
export const EXIT_USAGE = 2;

/** The command line is wrong in a way that the parser does not know about; leads to exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const UNREACHABLE = /^cannot reach (.*): connect (ENOENT|ENOTDIR|ELOOP|ECONNREFUSED|EACCES)\b/s;

/** What is behind the failure to reach a daemon, when that can be told. */
function describeUnreachable(error: StrataError): string | undefined {
  const [, address = '', code] = UNREACHABLE.exec(error.context) ?? [];
  if (error.code !== 'Unavailable' || code === undefined) return undefined;
  if (code === 'EACCES') return `permission denied: the socket ${address} belongs to another user; try as root`;
  const kind = kindAt(address);
  if (kind !== undefined)
    return `unavailable: ${address} is ${kind}, not the socket of a daemon; name one with --address`;
  return `unavailable: no daemon answers on ${address}; start one with "strata serve", or name another with --address`;
}

/** What lies at an address that is no socket; undefined for a socket, and for what cannot be looked at. */
function kindAt(address: string): string | undefined {
  try {
    const found = statSync(address);
    return found.isSocket() ? undefined : fileKind(found);
  } catch {
    return undefined;
  }
}

/** Whether a call failed because this user may not use the daemon's socket. */
export function isDenied(error: unknown): boolean {
  if (error instanceof PermissionDeniedError) return true;
  return error instanceof UnavailableError && UNREACHABLE.exec(error.context)?.[2] === 'EACCES';
}

function describe(error: StrataError): string {
  const text = plainSystemText(error.context);
  if (error.code === 'Unknown') return text;
  const classText = new errorClasses[error.code]('').message;
  const context = withoutClass(text, classText);
  return context === '' ? classText : `${classText}: ${context}`;
}

/** Without what says the class once more: a daemon's own `x: not found`, the system's `/x: permission denied`. */
function withoutClass(context: string, classText: string): string {
  const parts = context.split(': ').filter((part) => part !== classText);
  return parts.join(': ');
}

/**
 * One line for standard error: the class, then what happened, such as
 * `strata: not found: snapshot x does not exist`. Text from elsewhere in it is escaped.
 */
export function failureLine(thrown: unknown): string {
  if (thrown instanceof UsageError) return `strata: ${escapeText(thrown.message)}`;
  const error = fromSystemError(thrown);
  return `strata: ${escapeText(describeUnreachable(error) ?? describe(error))}`;
}

/** The exit status that a thrown value leads to. */
export function exitStatus(thrown: unknown): number {
  return thrown instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
}
