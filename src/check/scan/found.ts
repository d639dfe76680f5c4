import type { FileProblem } from '../../snapshots/index.js';
import { type FindingKind, findingKinds, type Remedy } from '../findings/kinds.js';
import type { CheckFinding } from '../findings/types.js';
import type { FrontedSnapshot } from '../front/front.js';

/** Where a finding was made, so that it can be looked at again, and repaired. */
export type Place =
  /** The store as a whole. */
  | { readonly type: 'store' }
  /** The row of a snapshot. */
  | { readonly type: 'row'; readonly id: string }
  | { readonly type: 'namespace'; readonly namespace: string }
  /** The mark up to which ids count as given out. */
  | { readonly type: 'mark' }
  | { readonly type: 'files'; readonly id: string; readonly problem: FileProblem }
  | { readonly type: 'stray'; readonly name: string }
  /** What a containerd in front has a record of, or has none of. */
  | { readonly type: 'front'; readonly snapshot: FrontedSnapshot }
  /** Beside the snapshots. */
  | { readonly type: 'place'; readonly problem: FileProblem };

/** A finding and its place. */
export interface Found {
  readonly kind: FindingKind;
  readonly remedy: Remedy;
  readonly finding: CheckFinding;
  readonly place: Place;
}

/** What a finding says beside its kind. */
export type FindingDetails = Partial<Omit<CheckFinding, 'kind' | 'remedy' | 'message'>> & {
  readonly message: string;
  /** Instead of the remedy that the kind has. */
  readonly remedy?: Remedy | undefined;
};

/** Makes a finding. Without a namespace, as a containerd in front has them, it names none. */
export function found(kind: FindingKind, place: Place, details: FindingDetails): Found {
  const { namespace = '', remedy = findingKinds[kind].remedy, ...rest } = details;
  const finding = { kind, ...rest, ...(namespace === '' ? {} : { namespace }), remedy };
  return { kind, remedy, finding, place };
}

/** A text of a client in a sentence. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}
