/**
 * The one place where error classes meet gRPC status codes, used by the server and by the client, so that an error
 * keeps its class across the wire (containerd: vendor/github.com/containerd/errdefs, pkg/errgrpc/grpc.go).
 */
import { type ErrorCode, errorClasses, StrataError } from './errors.js';
import { fromSystemError } from './wrap.js';

/** A gRPC status: the number of the code, and the text that the client sees. */
export interface Status {
  readonly code: number;
  readonly message: string;
}

const OK = 0;
const FAILED_PRECONDITION = 9;

const statusCodes: Readonly<Record<ErrorCode, number>> = {
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: FAILED_PRECONDITION,
  Conflict: FAILED_PRECONDITION,
  NotModified: FAILED_PRECONDITION,
  Aborted: 10,
  OutOfRange: 11,
  NotImplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
};

/** The first class that has a code wins: FAILED_PRECONDITION reads back as FailedPrecondition unless the text says otherwise. */
const errorCodes: ReadonlyMap<number, ErrorCode> = new Map(
  (Object.entries(statusCodes) as [ErrorCode, number][])
    .filter(([name]) => name !== 'Conflict' && name !== 'NotModified')
    .map(([name, code]) => [code, name]),
);

/** What to answer for a thrown value. The complete message is sent, the cause is not. Anything foreign is Unknown. */
export function toStatus(thrown: unknown): Status {
  const error = fromSystemError(thrown);
  const foreign = error.code === 'Unknown' && !(thrown instanceof StrataError);
  return { code: statusCodes[error.code], message: foreign ? error.context : error.message };
}

const classTexts = new Map<ErrorCode, string>(
  (Object.keys(errorClasses) as ErrorCode[]).map((code) => [code, new errorClasses[code]('').message]),
);

function codeOf(status: Status): ErrorCode {
  if (status.code !== FAILED_PRECONDITION) return errorCodes.get(status.code) ?? 'Unknown';
  for (const candidate of ['Conflict', 'NotModified'] as const) {
    if (status.message.endsWith(classTexts.get(candidate) ?? '')) return candidate;
  }
  return 'FailedPrecondition';
}

/** The error that a status stands for: its class from the code, the text of the class not doubled. */
export function fromStatus(status: Status): StrataError {
  if (status.code === OK) throw new TypeError('Cannot make an error of the status OK');
  const code = codeOf(status);
  const text = classTexts.get(code) ?? '';
  const context = status.message === text ? '' : status.message.replace(new RegExp(`: ${text}$`), '');
  return new errorClasses[code](context, { cause: status });
}
