/**
 * What callers of a snapshotter give it, checked: the compiler does so in TypeScript only, and a plain mistake in JavaScript has
 * to be told from a defect.
 */
import { InvalidArgumentError } from '../../errors/index.js';
import type { CommitRequest, CreateRequest, UpdateRequest } from './snapshotter.js';
import { type Labels, type LabelValues, noLabels } from './types.js';

/** A request whose labels, if any, are a map. */
export type Checked<Request extends { readonly labels?: LabelValues }> = Omit<Request, 'labels'> & {
  readonly labels?: Labels;
};

/** An update with its labels as a map. */
export type CheckedUpdate = Checked<UpdateRequest> & { readonly labels: Labels };

/** @throws InvalidArgumentError unless the request is an object whose key, parent and labels are what they should be. */
export function checkedCreate(request: CreateRequest): Checked<CreateRequest> {
  requireObject(request);
  requireString('key', request.key);
  requireStringIfGiven('parent', request.parent);
  return withCheckedLabels(request);
}

/** The same for a Commit. */
export function checkedCommit(request: CommitRequest): Checked<CommitRequest> {
  requireObject(request);
  requireString('name', request.name);
  requireString('key', request.key);
  requireStringIfGiven('parent', request.parent);
  return withCheckedLabels(request);
}

/** The same for an Update, which has labels. */
export function checkedUpdate(request: UpdateRequest): CheckedUpdate {
  requireObject(request);
  requireString('name', request.name);
  requireStrings('fieldpaths', request.fieldpaths);
  return { ...request, labels: checkedLabels(request.labels) };
}

/** @throws InvalidArgumentError unless a key is a text. */
export function checkedKey(key: string): string {
  requireString('key', key);
  return key;
}

/** @throws InvalidArgumentError unless filters, if any, are an array of texts. */
export function checkedFilters(filters: readonly string[] | undefined): readonly string[] {
  requireStrings('filters', filters);
  return filters ?? [];
}

/** Labels as a map. @throws InvalidArgumentError unless they are a map or a plain object, and all keys and values texts. */
export function checkedLabels(labels: LabelValues | undefined): Labels {
  if (labels === undefined) return noLabels;
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels))
    throw wrong('labels', 'a map or an object', labels);
  const map: Labels = labels instanceof Map ? labels : new Map(Object.entries(labels));
  for (const [key, value] of map) {
    requireString('key of a label', key);
    requireString(`label ${JSON.stringify(key)}`, value);
  }
  return map;
}

function withCheckedLabels<Request extends { readonly labels?: LabelValues }>(request: Request): Checked<Request> {
  const { labels, ...others } = request;
  return labels === undefined ? others : { ...others, labels: checkedLabels(labels) };
}

function requireObject(request: unknown): void {
  if (typeof request !== 'object' || request === null) throw wrong('request', 'an object', request);
}

function requireString(what: string, value: unknown): void {
  if (typeof value !== 'string') throw wrong(what, 'a string', value);
}

function requireStringIfGiven(what: string, value: unknown): void {
  if (value !== undefined) requireString(what, value);
}

function requireStrings(what: string, values: unknown): void {
  if (values === undefined) return;
  if (!Array.isArray(values)) throw wrong(what, 'an array of strings', values);
  for (const value of values) requireString(`each of ${what}`, value);
}

function wrong(what: string, wanted: string, value: unknown): InvalidArgumentError {
  const got = Array.isArray(value) ? 'an array' : value === null || value === undefined ? String(value) : typeof value;
  return new InvalidArgumentError(`${what} must be ${wanted}, got ${got}`);
}
