import { identifierProblem } from '../../base/index.js';
import {
  AlreadyExistsError,
  FailedPreconditionError,
  InvalidArgumentError,
  NotFoundError,
} from '../../errors/index.js';
import { type ReadTransaction, type Store, statement, type WriteTransaction } from '../../store/index.js';
import { validateLabels, withoutEmpty } from '../api/labels.js';
import { checkedKey, checkedLabels } from '../api/requests.js';
import type { Labels, LabelValues } from '../api/types.js';
import { labelsOfJson } from '../records/record.js';

/** A namespace. */
export interface Namespace {
  readonly name: string;
  readonly labels: Labels;
}

/** A namespace as callers may give it. */
export interface NewNamespace {
  readonly name: string;
  readonly labels?: LabelValues;
}

/** A change of a namespace's labels. */
export interface NamespaceUpdate extends NewNamespace {
  /** Each `labels.<key>`: sets the label, or deletes it when its value is empty or absent. None replaces all labels. */
  readonly fieldpaths?: readonly string[];
}

interface NamespaceRow {
  readonly name: string;
  /** Labels as a JSON object. */
  readonly labels: string;
}

const columns = `
  n.name,
  (SELECT json_group_object(l.key, l.value) FROM namespace_labels l WHERE l.namespace = n.name) AS labels`;
const findRow = statement<NamespaceRow>(`SELECT ${columns} FROM namespaces n WHERE n.name = ?`);
const allRows = statement<NamespaceRow>(`SELECT ${columns} FROM namespaces n ORDER BY n.name`);
const addRow = statement('INSERT OR IGNORE INTO namespaces (name) VALUES (?)');
const deleteRow = statement('DELETE FROM namespaces WHERE name = ?');
const addLabel = statement('INSERT INTO namespace_labels (namespace, key, value) VALUES (?, ?, ?)');
const deleteLabels = statement('DELETE FROM namespace_labels WHERE namespace = ?');
const snapshottersOf = statement<{ snapshotter: string }>(
  'SELECT DISTINCT snapshotter FROM snapshots WHERE namespace = ? ORDER BY 1',
);

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
    return this.#store
      .read((tx) => tx.all(allRows))
      .map(({ name, labels }) => ({ name, labels: labelsOfJson(labels) }));
  }

  /**
   * @throws InvalidArgumentError when the name is no identifier or a label is too large; AlreadyExistsError when it is
   * there already.
   */
  async create({ name, labels: given }: NewNamespace): Promise<void> {
    requireIdentifier(name);
    const labels = checkedLabels(given);
    validateLabels(labels);
    await this.#store.write((tx) => {
      if (tx.run(addRow, name) === 0) throw new AlreadyExistsError(`namespace "${name}"`);
      replaceLabels(tx, name, withoutEmpty(labels));
    });
  }

  /**
   * Changes labels and returns what they are now. A namespace that does not exist is made, as containerd does, but
   * not one with a bad name.
   * @throws InvalidArgumentError as `create`, and for a field path that is not `labels.<key>`.
   */
  async update({ name, labels: given, fieldpaths = [] }: NamespaceUpdate): Promise<Namespace> {
    requireIdentifier(name);
    const labels = checkedLabels(given);
    validateLabels(labels);
    return this.#store.write((tx) => {
      tx.run(addRow, name);
      const changed =
        fieldpaths.length === 0 ? withoutEmpty(labels) : withPaths(existing(tx, name), labels, fieldpaths);
      replaceLabels(tx, name, changed);
      return { name, labels: changed };
    });
  }

  /** @throws NotFoundError when there is no such namespace; FailedPreconditionError while it has snapshots. */
  async delete(name: string): Promise<void> {
    await this.#store.write(
      (tx) => {
        existing(tx, name);
        const left = tx.all(snapshottersOf, name).map(({ snapshotter }) => `snapshots on "${snapshotter}" snapshotter`);
        if (left.length > 0) {
          throw new FailedPreconditionError(`namespace "${name}" must be empty, but it still has ${left.join(', ')}`);
        }
        tx.run(deleteRow, name);
      },
      { frees: true },
    );
  }
}

function requireIdentifier(name: string): void {
  const problem = identifierProblem(checkedKey(name));
  if (problem !== undefined) throw new InvalidArgumentError(problem);
}

function existing(tx: ReadTransaction, name: string): Labels {
  const row = tx.get(findRow, name);
  if (row === undefined) throw new NotFoundError(`namespace "${name}"`);
  return labelsOfJson(row.labels);
}

function replaceLabels(tx: WriteTransaction, name: string, labels: Labels): void {
  tx.run(deleteLabels, name);
  for (const [key, value] of labels) tx.run(addLabel, name, key, value);
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
