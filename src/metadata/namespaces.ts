import { identifierProblem } from '../base/index.js';
import { AlreadyExistsError, FailedPreconditionError, InvalidArgumentError, NotFoundError } from '../errors/index.js';
import { type Labels, noLabels, validateLabels, withoutEmpty } from '../snapshots/index.js';
import type { ReadTransaction, Store, WriteTransaction } from '../store/index.js';
import { metadataTable, namespacesTable, numbersTable } from './tables.js';

/** A namespace. */
export interface Namespace {
  readonly name: string;
  readonly labels: Labels;
}

/** A change of a namespace's labels. */
export interface NamespaceUpdate extends Namespace {
  /** Each `labels.<key>`: sets the label, or deletes it when its value is empty or absent. None replaces all labels. */
  readonly fieldpaths?: readonly string[];
}

/**
 * The namespaces and their labels. A namespace comes into being with its first snapshot, or by `create`.
 * What is returned or resolved is on disk.
 */
export class Namespaces {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** @throws NotFoundError when there is no such namespace (containerd answers with empty labels). */
  async get(name: string): Promise<Namespace> {
    return { name, labels: this.#store.read((tx) => existing(tx, name)) };
  }

  /** All namespaces, in byte order. */
  async list(): Promise<Namespace[]> {
    return this.#store.read((tx) =>
      [...tx.range(namespacesTable)].map(({ key, value }) => ({ name: key[0], labels: value })),
    );
  }

  /**
   * @throws InvalidArgumentError when the name is no identifier or a label is too large; AlreadyExistsError when it is
   * there already.
   */
  async create({ name, labels }: Namespace): Promise<void> {
    validateName(name);
    validateLabels(labels);
    await this.#store.write((tx) => {
      if (tx.has(namespacesTable, [name])) throw new AlreadyExistsError(`namespace "${name}"`);
      tx.put(namespacesTable, [name], withoutEmpty(labels));
    });
  }

  /**
   * Changes labels and returns what they are now. A namespace that does not exist is made, as containerd does, but
   * not one with a bad name.
   * @throws InvalidArgumentError as `create`, and for a field path that is not `labels.<key>`.
   */
  async update({ name, labels, fieldpaths = [] }: NamespaceUpdate): Promise<Namespace> {
    validateName(name);
    validateLabels(labels);
    return this.#store.write((tx) => {
      const current = tx.get(namespacesTable, [name]) ?? noLabels;
      const changed = fieldpaths.length === 0 ? withoutEmpty(labels) : withPaths(current, labels, fieldpaths);
      tx.put(namespacesTable, [name], changed);
      return { name, labels: changed };
    });
  }

  /** @throws NotFoundError when there is no such namespace; FailedPreconditionError while it has snapshots. */
  async delete(name: string): Promise<void> {
    await this.#store.write((tx) => {
      existing(tx, name);
      const left = remains(tx, name);
      if (left.length > 0) {
        throw new FailedPreconditionError(`namespace "${name}" must be empty, but it still has ${left.join(', ')}`);
      }
      // The numbers stay: a namespace of the same name must not draw one twice, since a back end may still know it.
      tx.remove(namespacesTable, [name]);
    });
  }
}

function existing(tx: ReadTransaction, name: string): Labels {
  const labels = name === '' ? undefined : tx.get(namespacesTable, [name]);
  if (labels === undefined) throw new NotFoundError(`namespace "${name}"`);
  return labels;
}

function withPaths(current: Labels, given: Labels, fieldpaths: readonly string[]): Labels {
  const labels = new Map(current);
  for (const path of fieldpaths) {
    if (!path.startsWith('labels.')) throw new InvalidArgumentError(`cannot update "${path}" field`);
    const key = path.slice('labels.'.length);
    const value = given.get(key) ?? '';
    if (value === '') labels.delete(key);
    else labels.set(key, value);
  }
  return labels;
}

/** What keeps a namespace from being deleted, in containerd's words. */
function remains(tx: WriteTransaction, name: string): string[] {
  const left: string[] = [];
  for (const { key } of tx.range(numbersTable, { prefix: [name] })) {
    const [, snapshotter] = key;
    for (const _ of tx.range(metadataTable, { prefix: [name, snapshotter], limit: 1 })) {
      left.push(`snapshots on "${snapshotter}" snapshotter`);
    }
  }
  return left;
}

function validateName(name: string): void {
  const problem = identifierProblem(name);
  if (problem !== undefined) throw new InvalidArgumentError(problem);
}
