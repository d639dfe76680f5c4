/**
 * The error classes of containerd (package errdefs), one class each.
 *
 * A message reads as containerd's does: what happened, a colon, and the text of the class, so that
 * `new NotFoundError('snapshot a does not exist')` says `snapshot a does not exist: not found`. A text that says the class
 * itself, as those of Node do (`EACCES: permission denied, open 'x'`), is left as it is. Code branches on the
 * class (or on `code`), never on the text; and on `name` where it does so for errors of others too: an abort is an
 * `AbortError` everywhere in JavaScript, and a time that ran out a `TimeoutError`. The step from an error to a gRPC status and back is in `status.ts`.
 */

/** The closed set of class names; the key of every table about errors. */
export type ErrorCode =
  | 'Unknown'
  | 'InvalidArgument'
  | 'NotFound'
  | 'AlreadyExists'
  | 'PermissionDenied'
  | 'ResourceExhausted'
  | 'FailedPrecondition'
  | 'Conflict'
  | 'NotModified'
  | 'Aborted'
  | 'OutOfRange'
  | 'NotImplemented'
  | 'Internal'
  | 'Unavailable'
  | 'DataLoss'
  | 'Unauthenticated'
  | 'Canceled'
  | 'DeadlineExceeded';

/** What every error class takes beside its text. */
export interface StrataErrorOptions {
  /** The error that led to this one; kept for logs, never sent to a client. */
  readonly cause?: unknown;
}

/** The base of every error that Strata throws on purpose. Anything else that escapes is a defect and maps to Unknown. */
export abstract class StrataError extends Error {
  /** Which class this is; stable, and the same on both ends of the wire. */
  abstract readonly code: ErrorCode;
  /** The message without the text of the class: what to put before a colon when adding more context. */
  readonly context: string;

  /** @param context What happened, without the text of the class; empty gives the bare class text. */
  constructor(context: string, classText: string, options: StrataErrorOptions = {}) {
    super(messageFrom(context, classText), options);
    this.context = context;
    this.name = new.target.name;
  }
}

function messageFrom(context: string, classText: string): string {
  if (context === '') return classText;
  return says(context, classText) ? context : `${context}: ${classText}`;
}

/** Whether a text has that of a class at its end, or where Node puts what the system says. */
function says(context: string, classText: string): boolean {
  return context === classText || context.endsWith(`: ${classText}`) || context.includes(`: ${classText}, `);
}

/** The class of an error that fits no other. */
export class UnknownError extends StrataError {
  readonly code = 'Unknown';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'unknown', options);
  }
}

/** The request itself is wrong: it would fail whatever the state. */
export class InvalidArgumentError extends StrataError {
  readonly code = 'InvalidArgument';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'invalid argument', options);
  }
}

/** What the request names is not there. */
export class NotFoundError extends StrataError {
  readonly code = 'NotFound';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'not found', options);
  }
}

/** What the request would create is there already. */
export class AlreadyExistsError extends StrataError {
  readonly code = 'AlreadyExists';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'already exists', options);
  }
}

/** The operating system, or a rule, does not allow it. */
export class PermissionDeniedError extends StrataError {
  readonly code = 'PermissionDenied';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'permission denied', options);
  }
}

/** Something ran out: disk, quota, memory, file handles, places in a queue. */
export class ResourceExhaustedError extends StrataError {
  readonly code = 'ResourceExhausted';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'resource exhausted', options);
  }
}

/** The state does not allow it now; the same request may succeed later. */
export class FailedPreconditionError extends StrataError {
  readonly code = 'FailedPrecondition';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'failed precondition', options);
  }
}

/** Another change won. */
export class ConflictError extends StrataError {
  readonly code = 'Conflict';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'conflict', options);
  }
}

/** Nothing would change. */
export class NotModifiedError extends StrataError {
  readonly code = 'NotModified';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'not modified', options);
  }
}

/** The operation was given up half-way and left nothing behind. */
export class AbortedError extends StrataError {
  readonly code = 'Aborted';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'aborted', options);
  }
}

/** A position or a number lies outside what exists. */
export class OutOfRangeError extends StrataError {
  readonly code = 'OutOfRange';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'out of range', options);
  }
}

/** This part of Strata, or this machine, cannot do it. */
export class NotImplementedError extends StrataError {
  readonly code = 'NotImplemented';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'not implemented', options);
  }
}

/** An invariant of Strata's own is broken. */
export class InternalError extends StrataError {
  readonly code = 'Internal';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'internal', options);
  }
}

/** The service is not there now: not started, closing, or out of reach. */
export class UnavailableError extends StrataError {
  readonly code = 'Unavailable';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'unavailable', options);
  }
}

/** Stored data is lost or unreadable. */
export class DataLossError extends StrataError {
  readonly code = 'DataLoss';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'data loss', options);
  }
}

/** The caller did not say who it is. */
export class UnauthenticatedError extends StrataError {
  readonly code = 'Unauthenticated';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'unauthorized', options);
  }
}

/** The caller went away or took the call back. Its `name` is `AbortError`. */
export class CanceledError extends StrataError {
  readonly code = 'Canceled';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'context canceled', options);
    this.name = 'AbortError';
  }
}

/** The caller's time ran out. Its `name` is `TimeoutError`, as that of the reason of `AbortSignal.timeout`. */
export class DeadlineExceededError extends StrataError {
  readonly code = 'DeadlineExceeded';
  constructor(context: string, options?: StrataErrorOptions) {
    super(context, 'context deadline exceeded', options);
    this.name = 'TimeoutError';
  }
}

/** The constructor that every class shares. */
export type StrataErrorClass = new (context: string, options?: StrataErrorOptions) => StrataError;

/** Every class by its code; complete by type. */
export const errorClasses: Readonly<Record<ErrorCode, StrataErrorClass>> = {
  Unknown: UnknownError,
  InvalidArgument: InvalidArgumentError,
  NotFound: NotFoundError,
  AlreadyExists: AlreadyExistsError,
  PermissionDenied: PermissionDeniedError,
  ResourceExhausted: ResourceExhaustedError,
  FailedPrecondition: FailedPreconditionError,
  Conflict: ConflictError,
  NotModified: NotModifiedError,
  Aborted: AbortedError,
  OutOfRange: OutOfRangeError,
  NotImplemented: NotImplementedError,
  Internal: InternalError,
  Unavailable: UnavailableError,
  DataLoss: DataLossError,
  Unauthenticated: UnauthenticatedError,
  Canceled: CanceledError,
  DeadlineExceeded: DeadlineExceededError,
};
