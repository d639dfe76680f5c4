import type { Operation } from './journal.js';

/** What is to be known of a snapshot. */
export interface Expected {
  readonly kind: 'active' | 'view' | 'committed';
  readonly parent: string;
  /** Over the content of a committed layer. */
  readonly digest?: string;
  /** The value of the label that the load sets. */
  readonly label?: string;
}

/** Snapshots by their keys and names. */
export type State = ReadonlyMap<string, Expected>;

/** What a state becomes by a call that succeeds. */
export function after(state: State, operation: Operation): State {
  const next = new Map(state);
  switch (operation.type) {
    case 'prepare':
      return next.set(operation.key, { kind: 'active', parent: operation.parent });
    case 'view':
      return next.set(operation.key, { kind: 'view', parent: operation.parent });
    case 'commit':
      next.delete(operation.key);
      return next.set(operation.name, {
        kind: 'committed',
        parent: state.get(operation.key)?.parent ?? '',
        digest: operation.digest,
      });
    case 'label':
      return next.set(operation.name, { ...expectedIn(state, operation.name), label: operation.value });
    case 'remove':
      next.delete(operation.name);
      return next;
  }
}

function expectedIn(state: State, name: string): Expected {
  const found = state.get(name);
  if (found === undefined) throw new Error(`the load used ${name}, which it does not have`);
  return found;
}
