/**
 * What a filter may cost. A filter comes from a client, is parsed before anything else is done for it, and is then
 * asked once per record; these bounds keep both short whatever it says. Each leaves room for a hundred times what
 * containerd and its tools send.
 */

/** Upper bounds of one call of `parseFilters`; what exceeds one is refused with InvalidArgument. */
export interface FilterLimits {
  /** Filters in the list. */
  readonly filters: number;
  /** Characters in all filters together. */
  readonly characters: number;
  /** Regular expressions in all filters together. Each may keep 8 MiB of match states for as long as its filter lives. */
  readonly expressions: number;
  /** Characters in one regular expression. */
  readonly expressionLength: number;
  /**
   * Instructions in the programs of all regular expressions together. Ten thousand of them over a value of 4,096 bytes
   * take at most about half a second; an alternation of a hundred digests has six thousand.
   */
  readonly instructions: number;
}

/** The bounds that hold when none are given. */
export const defaultFilterLimits: FilterLimits = Object.freeze({
  filters: 1_000,
  characters: 64 * 1024,
  expressions: 32,
  expressionLength: 8 * 1024,
  instructions: 10_000,
});
