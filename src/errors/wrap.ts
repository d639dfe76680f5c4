import {
  CanceledError,
  DataLossError,
  DeadlineExceededError,
  errorClasses,
  FailedPreconditionError,
  PermissionDeniedError,
  ResourceExhaustedError,
  StrataError,
  type StrataErrorClass,
  UnknownError,
} from './errors.js';

/** The message of anything that can be thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * Puts context before an error's message and keeps its class, as containerd's wrapping does:
 * `failed to create snapshot: <inner context>: not found`. The inner error stays as `cause`.
 * What is no Strata error is classified first (see {@link fromSystemError}).
 */
export function withContext(thrown: unknown, context: string): StrataError {
  const inner = thrown instanceof StrataError ? thrown : fromSystemError(thrown);
  const inside = inner.context === '' ? context : `${context}: ${inner.context}`;
  return new errorClasses[inner.code](inside, { cause: thrown });
}

/** System error names, and the numbers behind those that libuv has no name for (it reports them as UNKNOWN). */
const EDQUOT = 122;

const systemClasses: Readonly<Record<string, StrataErrorClass>> = {
  EACCES: PermissionDeniedError,
  EPERM: PermissionDeniedError,
  ENOSPC: ResourceExhaustedError,
  EDQUOT: ResourceExhaustedError,
  EMFILE: ResourceExhaustedError,
  ENFILE: ResourceExhaustedError,
  ENOMEM: ResourceExhaustedError,
  EROFS: FailedPreconditionError,
  // The disk, or what is on it, is broken: what was written may be gone.
  EIO: DataLossError,
  EUCLEAN: DataLossError,
  ABORT_ERR: CanceledError,
};

interface SystemError {
  readonly code?: unknown;
  readonly errno?: unknown;
}

/** The symbolic name of a system error, such as `ENOSPC`; undefined when it carries none. */
export function systemErrorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, errno } = thrown as SystemError;
  if (typeof errno === 'number' && Math.abs(errno) === EDQUOT) return 'EDQUOT';
  return typeof code === 'string' ? code : undefined;
}

/**
 * Turns any thrown value into a Strata error. A Strata error is returned as it is; a full disk or quota becomes
 * ResourceExhausted, a refusal PermissionDenied, a read-only disk FailedPrecondition, a broken one DataLoss, an abort Canceled, the rest
 * Unknown with its own text. Where leaving a block of `using` failed after its body had, this is about the body.
 */
export function fromSystemError(thrown: unknown, context?: string): StrataError {
  if (isSuppressed(thrown)) return fromSystemError(thrown.suppressed, context);
  if (thrown instanceof StrataError) return context === undefined ? thrown : withContext(thrown, context);
  const text = context === undefined ? messageOf(thrown) : `${context}: ${messageOf(thrown)}`;
  if (thrown instanceof Error && thrown.name === 'TimeoutError')
    return new DeadlineExceededError('', { cause: thrown });
  const Class = systemClasses[systemErrorCode(thrown) ?? ''] ?? UnknownError;
  return new Class(text, { cause: thrown });
}

/** By its name: the class is a global of newer Nodes only, and in others it is made where `using` is compiled. */
function isSuppressed(thrown: unknown): thrown is Error & { readonly suppressed: unknown } {
  return thrown instanceof Error && thrown.name === 'SuppressedError' && 'suppressed' in thrown;
}

/**
 * The error for a call whose signal was aborted: DeadlineExceeded when its time ran out, Canceled otherwise.
 * A reason that is a Strata error already is passed on.
 */
export function abortError(signal: AbortSignal): StrataError {
  const reason: unknown = signal.reason;
  if (reason instanceof StrataError) return reason;
  const timedOut = reason instanceof Error && reason.name === 'TimeoutError';
  return timedOut ? new DeadlineExceededError('', { cause: reason }) : new CanceledError('', { cause: reason });
}

/** @throws CanceledError or DeadlineExceededError when the signal is aborted already. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal);
}
