/**
 * Filters in containerd's language (containerd: pkg/filters): what they look like once parsed.
 * The grammar is described and read in `parser.ts`.
 */

/** Gives the value of a field of the object at hand; undefined when the object has no such field. */
export type FieldReader = (fieldpath: readonly string[]) => string | undefined;

/** How a selector compares. `present` is a field path with no operator. */
export type Operator = 'present' | '==' | '!=' | '~=';

/** One condition. */
export interface Selector {
  readonly fieldpath: readonly string[];
  readonly operator: Operator;
  /** The operand; empty for `present`. */
  readonly value: string;
}

/** A list of filters, each a list of selectors: one filter must match, with all of its selectors. */
export interface Filter {
  /** The alternatives, for choosing an index; an alternative without selectors matches everything. */
  readonly alternatives: readonly (readonly Selector[])[];
  /** Whether every object matches, so that none needs to be read. */
  readonly matchesAll: boolean;
  /**
   * Whether the object behind `read` matches. Reads only the fields that decide. The cost is at worst that of the
   * regular expressions: the sizes of their programs (see `FilterLimits.instructions`) times the length of the values.
   */
  matches(read: FieldReader): boolean;
}
