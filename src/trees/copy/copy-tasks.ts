/** The requests to the threads that copy; both sides share this file. */
import { fchmodSync } from 'node:fs';
import { copyContent, type Steps } from './copy-file.js';
import { copyTreeInSteps } from './tree-copy.js';
import { type FlattenRequest, flattenInSteps } from './tree-flatten.js';

/**
 * What to copy to a free path: a tree with all that it has, the content of a file, or what the layers of an overlay show
 * together.
 */
export type CopyRequest =
  | { readonly what: 'tree'; readonly from: string; readonly to: string }
  | { readonly what: 'content'; readonly from: string; readonly to: string; readonly mode: number }
  | ({ readonly what: 'flat' } & FlattenRequest);

/** The work of a request, in steps. */
export function stepsOf(request: CopyRequest): Steps {
  if (request.what === 'flat') return flattenInSteps(request);
  if (request.what === 'tree') return copyTreeInSteps(request.from, request.to);
  const [from, to] = [Buffer.from(request.from), Buffer.from(request.to)];
  return copyContent(from, to, (files) => fchmodSync(files.to, request.mode));
}
