import { InvalidArgumentError } from '../errors/index.js';
import { type BadExpression, ExpressionCompiler } from './expression.js';
import type { Filter } from './filter.js';
import { defaultFilterLimits, type FilterLimits } from './limits.js';
import { compileFilter } from './matcher.js';
import { parseFilter } from './parser.js';

/** What `parseFilters` takes beside the filters. */
export interface ParseFiltersOptions {
  /** Bounds to use instead of the defaults, one by one. */
  readonly limits?: Partial<FilterLimits>;
  /**
   * Told once of each regular expression that is malformed, and therefore matches nothing; to be logged. By default
   * nobody is told.
   */
  readonly onBadExpression?: (bad: BadExpression) => void;
}

/**
 * Reads a list of filters in containerd's language; an object matches when any of them does.
 *
 * An empty list and an empty filter match everything. A malformed regular expression is no error: its selector
 * matches nothing. Pure, and quick whatever the input: at most some hundred milliseconds, for filters at the limits.
 *
 * @example Which snapshots to show
 * ```ts
 * const filter = parseFilters(['kind==committed,labels."containerd.io/gc.root"', 'name~="^extract-"']);
 * const shown = infos.filter((info) => filter.matches(infoFields(info)));
 * ```
 * @throws InvalidArgumentError for bad syntax, with containerd's text (see {@link parseFilter}), and for filters
 * beyond the limits.
 */
export function parseFilters(filters: readonly string[], options: ParseFiltersOptions = {}): Filter {
  const limits = { ...defaultFilterLimits, ...options.limits };
  checkSize(filters, limits);
  const alternatives = filters.length === 0 ? [[]] : filters.map(parseFilter);
  return compileFilter(alternatives, new ExpressionCompiler(limits, options.onBadExpression ?? ignore));
}

function checkSize(filters: readonly string[], limits: FilterLimits): void {
  if (filters.length > limits.filters)
    throw new InvalidArgumentError(`filters: ${filters.length} filters (maximum ${limits.filters})`);
  const characters = filters.reduce((sum, filter) => sum + filter.length, 0);
  if (characters > limits.characters)
    throw new InvalidArgumentError(`filters: ${characters} characters (maximum ${limits.characters})`);
}

function ignore(): void {}
