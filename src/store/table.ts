import type { Codec } from './codec.js';

/**
 * A key is a tuple. Its records lie in the order of its parts: strings by their UTF-8 bytes, numbers by value.
 * A string part that is not the last one must not contain NUL, since NUL ends it.
 */
export type Key = readonly KeyPart[];

/** A string, or a whole number from 0 to 2^53 - 1. */
export type KeyPart = string | number;

/** What the parts of a table's keys are; tells the decoder how to read them. */
export type KeyShape<K extends Key> = { readonly [P in keyof K]: K[P] extends number ? 'number' : 'string' };

/** A named set of records with keys of one shape and values of one type. A value of this type is only a description. */
export interface Table<K extends Key, V> {
  readonly name: string;
  readonly shape: KeyShape<K>;
  readonly codec: Codec<V>;
}

/** Describes a table. Names are unique in a store and are part of the disk format. */
export function defineTable<K extends Key, V>(table: Table<K, V>): Table<K, V> {
  return Object.freeze(table);
}
