import { messageOf, type Status, StrataError, toStatus } from '../../errors/index.js';
import type { ServiceLog } from './log.js';

/** An error whose status goes out exactly as given, for the few texts that do not end in that of their class. */
export class StatusError extends Error {
  readonly status: Status;

  constructor(status: Status) {
    super(status.message);
    this.name = 'StatusError';
    this.status = status;
  }
}

/** A status, as gRPC sends it. */
export interface CallStatus {
  readonly code: number;
  readonly details: string;
}

/** What to answer for anything that a method threw. */
export type StatusMapper = (thrown: unknown, path: string) => CallStatus;

/** Classes for defects and damage, which are logged for the operator. */
const alarming: ReadonlySet<string> = new Set(['Internal', 'DataLoss', 'Unknown']);

/**
 * Maps what methods throw; the only place that does. An error that is none of Strata's is a defect: it is logged with
 * its cause and goes out as Unknown, unless the operating system's word for it has a class.
 */
export function createStatusMapper(log: ServiceLog): StatusMapper {
  return (thrown, path) => {
    if (thrown instanceof StatusError) return sendable(thrown.status);
    if (!(thrown instanceof StrataError) || alarming.has(thrown.code)) {
      log.error({ err: thrown, method: path }, `${path} failed: ${messageOf(thrown)}`);
    }
    return sendable(toStatus(thrown));
  };
}

/**
 * The most bytes of text in a status, of which the first three quarters and the last quarter are kept when it is longer
 * (the class stands at the end). Percent-encoded it is up to three times as long, and a header list of more than 64 KiB
 * is refused by many HTTP/2 clients, which then never learn the code.
 */
const maxTextBytes = 16 * 1024;

function sendable({ code, message }: Status): CallStatus {
  // Through UTF-8, which replaces half surrogate pairs.
  const bytes = Buffer.from(message);
  if (bytes.length <= maxTextBytes) return { code, details: bytes.toString() };
  const head = bytes.subarray(0, (maxTextBytes * 3) / 4).toString();
  const tail = bytes.subarray(-maxTextBytes / 4).toString();
  return { code, details: `${head} [...] ${tail}` };
}
