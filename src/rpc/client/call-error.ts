import type { ServiceError } from '@grpc/grpc-js';
import { fromStatus, InternalError, type StrataError, UnavailableError } from '../../errors/index.js';

const cancelled = 1;
const unavailable = 14;

/** The texts by which grpc-js reports problems of its own with the connection, as opposed to a server's status. */
const connectionTrouble = /^(?:No connection established|Connection dropped|The channel has been closed)/;

/** The text of grpc-js for a call whose stream the other side reset, as a server does that is forced to close. */
const resetByPeer = 'Call cancelled';

/** The error that a failed call stands for; null when the call gave neither a response nor an error. */
export function callError(error: ServiceError | null, path: string): StrataError {
  if (error === null) return new InternalError('the call ended without a response');
  const { code, details } = error;
  // A call that this side cancelled does not come here: the other side was stopped without time for an answer.
  if (code === cancelled && details === resetByPeer) {
    return new UnavailableError(`connection to ${path} was lost`, { cause: error });
  }
  if (code === unavailable && connectionTrouble.test(details)) {
    return new UnavailableError(`cannot reach ${path}: ${connectionProblem(details)}`, { cause: error });
  }
  return fromStatus({ code, message: details });
}

/** What the system said, out of the text around it. */
function connectionProblem(details: string): string {
  const found = /Last error: (?:Error: )?(.*?)\.? *(?:Resolution note:.*)?$/.exec(details);
  return found?.[1] ?? details;
}
