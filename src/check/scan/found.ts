import type { FileProblem } from '../../snapshots/index.js';
import { type FindingKind, findingKinds, type Remedy } from '../findings/kinds.js';
import type { Finding } from '../findings/types.js';

/** Where a finding was made, so that it can be looked at again, and mended. */
export type Place =
  | { readonly type: 'snapshot'; readonly key: string }
  | { readonly type: 'child-link'; readonly parentId: number; readonly childId: number }
  | { readonly type: 'id-link'; readonly id: number }
  | { readonly type: 'metadata'; readonly namespace: string; readonly key: string }
  | {
      readonly type: 'metadata-link';
      readonly namespace: string;
      readonly parentNumber: number;
      readonly number: number;
    }
  | { readonly type: 'files'; readonly key: string; readonly id: number; readonly problem: FileProblem }
  | { readonly type: 'stray'; readonly name: string }
  /** Beside the snapshots. */
  | { readonly type: 'place'; readonly problem: FileProblem }
  /** The list of layers. */
  | { readonly type: 'list' }
  /** Something that has no address: a key that cannot be decoded. */
  | { readonly type: 'nowhere' };

/** A finding and its place. */
export interface Found {
  readonly finding: Finding;
  readonly place: Place;
}

/** What a finding says beside its kind. */
export type FindingDetails = Omit<Finding, 'kind' | 'remedy'> & {
  /** Instead of the remedy that the kind has. */
  readonly remedy?: Remedy;
};

/** Makes a finding. */
export function found(kind: FindingKind, place: Place, details: FindingDetails): Found {
  return { finding: { remedy: findingKinds[kind].remedy, ...details, kind }, place };
}

/** A text of a client in a sentence. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}
