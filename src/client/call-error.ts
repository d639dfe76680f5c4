import type { ServiceError } from '@grpc/grpc-js';
import { fromStatus, InternalError, type StrataError, UnavailableError } from '../errors/index.js';

const unavailable = 14;

/** How grpc-js tells of its own troubles with the connection, in contrast to what a server may say. */
const connectionTrouble = /^(?:No connection established|Connection dropped|The channel has been closed)/;

/** The error that a failed call stands for; null when the call gave neither a response nor an error. */
export function callError(error: ServiceError | null, path: string): StrataError {
  if (error === null) return new InternalError('the call ended without a response');
  const { code, details } = error;
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
