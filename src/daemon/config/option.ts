/**
 * A setting, described as data. The typed configuration, the commented default file, the documentation and the errors are
 * all made from it, so they cannot disagree.
 */
import type { Environment } from './environment.js';
import type { ValueType } from './value-types.js';

/** One setting. */
export interface Option<T> {
  readonly type: ValueType<T>;
  /** The value when nobody says otherwise; a function when it depends on who runs the daemon. */
  readonly default: T | ((environment: Environment) => T);
  /** Purpose, unit, range, why the default is what it is, and when it has no effect. */
  readonly doc: string;
  /** What containerd calls it; absent when it has no such setting. */
  readonly containerd?: string;
}

/** A table of settings and further tables, by their keys in TOML. */
export interface Section {
  /** What the table is about. */
  readonly doc: string;
  readonly entries: Readonly<Record<string, Option<unknown> | Section>>;
}

/** Declares a setting. */
export function option<T>(declaration: Option<T>): Option<T> {
  return declaration;
}

/** Declares a table. */
export function section<const Entries extends Section['entries']>(
  doc: string,
  entries: Entries,
): { readonly doc: string; readonly entries: Entries } {
  return { doc, entries };
}

/** Whether an entry is a table. */
export function isSection(entry: Option<unknown> | Section): entry is Section {
  return 'entries' in entry;
}

/** The value of a setting that nobody sets. */
export function defaultOf<T>(declared: Option<T>, environment: Environment): T {
  const value = declared.default;
  return isFactory(value) ? value(environment) : value;
}

function isFactory<T>(value: T | ((environment: Environment) => T)): value is (environment: Environment) => T {
  return typeof value === 'function';
}

/** `max_message_size` in TOML is `maxMessageSize` in TypeScript. */
export type CamelCase<Text extends string> = Text extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Text;

/** The type of a table's values. */
export type Values<Table extends Section> = {
  readonly [Key in keyof Table['entries'] & string as CamelCase<Key>]: Table['entries'][Key] extends Section
    ? Values<Table['entries'][Key]>
    : Table['entries'][Key] extends Option<infer T>
      ? T
      : never;
};

/** The name in TypeScript of a key in TOML. */
export function camelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

/** A setting and where it stands. */
export interface PlacedOption {
  readonly path: readonly string[];
  readonly option: Option<unknown>;
}

/** All settings of a table and those below it, in their order. */
export function* placedOptions(table: Section, path: readonly string[] = []): Generator<PlacedOption> {
  for (const [key, entry] of Object.entries(table.entries)) {
    if (isSection(entry)) yield* placedOptions(entry, [...path, key]);
    else yield { path: [...path, key], option: entry };
  }
}

const BARE_KEY = /^[A-Za-z0-9_-]+$/;

/** A path as TOML writes it: `grpc.mode`, `plugins."io.containerd.snapshotter.v1.overlayfs".root_path`. */
export function renderPath(path: readonly string[]): string {
  return path.map((key) => (BARE_KEY.test(key) ? key : JSON.stringify(key))).join('.');
}
