/**
 * The Snapshotter as a function: a state and an operation give an outcome and the next state. It has no files, no
 * transactions and no concurrency, so it can be read and believed; the real ones are compared with it.
 */
import type { Kind } from '../../../src/snapshots/index.js';
import { type Operation, type Outcome, type PlainInfo, plainInfo } from './operation.js';

/** A snapshot in the model. */
interface Entry {
  readonly kind: Kind;
  readonly parent: string;
  readonly labels: ReadonlyMap<string, string>;
}

/** All snapshots, by namespace and name. */
export type ModelState = ReadonlyMap<string, Entry>;

/** A state with nothing in it. */
export const emptyState: ModelState = new Map();

/** Where the layers differ in what they check. */
export type Profile = 'local' | 'namespaced';

/** What came of a step. */
export interface Step {
  readonly outcome: Outcome;
  readonly state: ModelState;
}

/** A refusal, while a step is being worked out. */
class Refusal extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Does one operation. */
export function step(profile: Profile, state: ModelState, operation: Operation): Step {
  try {
    return new Stepper(profile, state, operation.namespace).perform(operation);
  } catch (error) {
    if (error instanceof Refusal) return { outcome: { error: error.code }, state };
    throw error;
  }
}

/** A state as a text: equal states give equal texts. */
export function stateKey(state: ModelState): string {
  const entries = [...state].map(([key, { kind, parent, labels }]) => [key, kind, parent, [...labels].sort()]);
  return JSON.stringify(entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}

class Stepper {
  readonly #profile: Profile;
  readonly #state: ModelState;
  readonly #namespace: string;

  constructor(profile: Profile, state: ModelState, namespace: string) {
    this.#profile = profile;
    this.#state = state;
    this.#namespace = namespace;
  }

  perform(operation: Operation): Step {
    switch (operation.method) {
      case 'prepare':
      case 'view':
        return this.#create(operation);
      case 'commit':
        return this.#commit(operation);
      case 'remove':
        return this.#remove(operation.key);
      case 'update':
        return this.#update(operation);
      case 'cleanup':
        return this.#answer(undefined);
      case 'stat':
      case 'usage':
      case 'mounts':
      case 'walk':
        return this.#answer(this.#look(operation));
    }
  }

  #look(operation: Extract<Operation, { method: 'stat' | 'usage' | 'mounts' | 'walk' }>): unknown {
    if (operation.method === 'walk') return this.#walk(operation.filters);
    const entry = this.#get(operation.key);
    if (operation.method === 'stat') return infoOf(operation.key, entry);
    if (operation.method === 'usage') return entry.kind === 'view' ? 0 : 1;
    refuseIf(entry.kind === 'committed', 'FailedPrecondition');
    return writability(entry.kind);
  }

  #create({ method, key, parent, labels }: Operation & { method: 'prepare' | 'view' }): Step {
    refuseIf(key === '', 'InvalidArgument');
    refuseIf(this.#find(key) !== undefined, 'AlreadyExists');
    if (parent !== '') {
      const below = this.#find(parent);
      refuseIf(below === undefined, 'NotFound');
      refuseIf(below?.kind !== 'committed', 'InvalidArgument');
    }
    const kind = method === 'prepare' ? 'active' : 'view';
    return this.#answer(writability(kind), this.#with([key, { kind, parent, labels: kept(labels) }]));
  }

  #commit({ key, name, parent, labels }: Operation & { method: 'commit' }): Step {
    refuseIf(name === '', 'InvalidArgument');
    refuseIf(this.#find(name) !== undefined, 'AlreadyExists');
    const active = this.#get(key);
    refuseIf(active.kind !== 'active', 'FailedPrecondition');
    const rebase = active.parent === '' ? parent : '';
    if (rebase !== '') refuseIf(this.#get(rebase).kind !== 'committed', 'FailedPrecondition');
    const committed: Entry = { kind: 'committed', parent: rebase || active.parent, labels: kept(labels) };
    return this.#answer(undefined, this.#with([name, committed], key));
  }

  #remove(key: string): Step {
    this.#get(key);
    refuseIf(
      this.#own().some(([, { parent }]) => parent === key),
      'FailedPrecondition',
    );
    return this.#answer(undefined, this.#with(undefined, key));
  }

  #update({ key, labels, fieldpaths }: Operation & { method: 'update' }): Step {
    refuseIf(key === '' && this.#profile === 'namespaced', 'InvalidArgument');
    const entry = this.#get(key);
    let changed = new Map(entry.labels);
    for (const path of fieldpaths.length === 0 ? ['labels'] : fieldpaths) {
      refuseIf(path !== 'labels' && !path.startsWith('labels.'), 'InvalidArgument');
      const label = path.slice('labels.'.length);
      if (path === 'labels') changed = kept(labels);
      else if (labels[label]) changed.set(label, labels[label]);
      else changed.delete(label);
    }
    const next = { ...entry, labels: changed };
    return this.#answer(infoOf(key, next), this.#with([key, next]));
  }

  /** The filters of the generator, and no others. */
  #walk(filters: readonly string[]): PlainInfo[] {
    refuseIf(filters.includes('kind=='), 'InvalidArgument');
    const passes = ({ kind, parent }: PlainInfo): boolean =>
      filters.length === 0 || filters.includes(`kind==${kind}`) || filters.includes(`parent==${parent}`);
    const infos = this.#own().map(([name, entry]) => infoOf(name, entry));
    return infos.filter(passes).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #own(): [name: string, entry: Entry][] {
    const prefix = `${this.#namespace}/`;
    return [...this.#state].flatMap(([key, entry]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), entry] as [string, Entry]] : [],
    );
  }

  #find(name: string): Entry | undefined {
    return this.#state.get(`${this.#namespace}/${name}`);
  }

  #get(name: string): Entry {
    const entry = this.#find(name);
    if (entry === undefined) throw new Refusal('NotFound');
    return entry;
  }

  #with(here: readonly [name: string, entry: Entry] | undefined, gone?: string): ModelState {
    const next = new Map(this.#state);
    if (gone !== undefined) next.delete(`${this.#namespace}/${gone}`);
    if (here !== undefined) next.set(`${this.#namespace}/${here[0]}`, here[1]);
    return next;
  }

  #answer(value: unknown, state: ModelState = this.#state): Step {
    return { outcome: { value }, state };
  }
}

function refuseIf(condition: boolean, code: string): void {
  if (condition) throw new Refusal(code);
}

function infoOf(name: string, entry: Entry): PlainInfo {
  return plainInfo({ name, ...entry });
}

function writability(kind: Kind): string {
  return kind === 'active' ? 'writable' : 'read-only';
}

function kept(labels: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(labels).filter(([, value]) => value !== ''));
}
