export type { BadExpression } from './expression.js';
export { recordFields } from './fields.js';
export type { FieldReader, Filter, Operator, Selector } from './filter.js';
export { formatFilter } from './format.js';
export { defaultFilterLimits, type FilterLimits } from './limits.js';
export { type ParseFiltersOptions, parseFilters } from './parse-filters.js';
