/** What the threads that copy can be asked to do: both ends of the conversation share this file. */
import { fchmodSync } from 'node:fs';
import type { PlainError } from '../../base/index.js';
import { copyContent, type Steps } from './copy-file.js';
import { copyTreeInSteps } from './tree-copy.js';
import { type FlattenRequest, flattenInSteps } from './tree-flatten.js';

/**
 * What to copy to a path where nothing is yet: a tree with all that it has, the content of a file, or what the layers of
 * an overlay show together.
 */
export type CopyRequest =
  | { readonly what: 'tree'; readonly from: string; readonly to: string }
  | { readonly what: 'content'; readonly from: string; readonly to: string; readonly mode: number }
  | ({ readonly what: 'flat' } & FlattenRequest);

/** A request to a thread. */
export interface CopyMessage {
  readonly id: number;
  readonly request: CopyRequest;
  /** Shared with the caller, who sets it to something else than zero to give the copy up. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

/** A thread's answer, when it works on the copy no more; without an error it is done, or was given up. */
export interface CopyReply {
  readonly id: number;
  readonly error?: PlainError;
}

/** The work of a request, in steps. */
export function stepsOf(request: CopyRequest): Steps {
  if (request.what === 'flat') return flattenInSteps(request);
  if (request.what === 'tree') return copyTreeInSteps(request.from, request.to);
  const [from, to] = [Buffer.from(request.from), Buffer.from(request.to)];
  return copyContent(from, to, (files) => fchmodSync(files.to, request.mode));
}
