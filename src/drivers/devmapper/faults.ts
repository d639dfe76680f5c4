import { DataLossError, FailedPreconditionError, fromSystemError, type StrataError } from '../../errors/index.js';
import { hasErrno } from '../../linux/index.js';

/** Errors after which what is on a device cannot be relied upon. */
const fatal = ['EIO', 'EUCLEAN', 'EBADMSG'] as const;

/** What programs such as mkfs say about an error of the disk. */
const fatalText = /Input\/output error|Structure needs cleaning/i;

/** Whether an error says that a device does not keep what it is given. */
export function isFault(error: unknown): boolean {
  return hasErrno(error, ...fatal) || (error instanceof Error && fatalText.test(error.message));
}

/**
 * The error of a request to a device, in a class that tells what to do: DataLoss when the disk does not keep what it is
 * given, FailedPrecondition when the device is in use, else as for any system error.
 */
export function explainDeviceError(error: unknown, context: string): StrataError {
  if (isFault(error)) return new DataLossError(`${context}: ${textOf(error)}`, { cause: error });
  if (hasErrno(error, 'EBUSY')) return new FailedPreconditionError(`${context}: ${textOf(error)}`, { cause: error });
  return fromSystemError(error, context);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
