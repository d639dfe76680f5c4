import type { ExpressionCompiler } from './expression.js';
import type { FieldReader, Filter, Selector } from './filter.js';

type Condition = (read: FieldReader) => boolean;

/**
 * Makes a filter of parsed alternatives. All work that does not depend on the object is done here, once.
 * @throws InvalidArgumentError as the compiler does.
 */
export function compileFilter(alternatives: readonly (readonly Selector[])[], expressions: ExpressionCompiler): Filter {
  const conditions = alternatives.map((selectors) => allOf(selectors.map((each) => condition(each, expressions))));
  const matchesAll = alternatives.some((selectors) => selectors.length === 0);
  return { alternatives, matchesAll, matches: matchesAll ? () => true : anyOf(conditions) };
}

/** Whether one selector holds. An absent field is compared and searched as the empty text, except by `==`. */
function condition({ fieldpath, operator, value }: Selector, expressions: ExpressionCompiler): Condition {
  switch (operator) {
    case 'present':
      return (read) => read(fieldpath) !== undefined;
    case '==':
      return (read) => read(fieldpath) === value;
    case '!=':
      return (read) => (read(fieldpath) ?? '') !== value;
    case '~=': {
      const found = expressions.compile(value);
      return (read) => found(read(fieldpath) ?? '');
    }
  }
}

function allOf(conditions: readonly Condition[]): Condition {
  const [only] = conditions;
  if (only !== undefined && conditions.length === 1) return only;
  return (read) => {
    for (const holds of conditions) if (!holds(read)) return false;
    return true;
  };
}

function anyOf(conditions: readonly Condition[]): Condition {
  const [only] = conditions;
  if (only !== undefined && conditions.length === 1) return only;
  return (read) => {
    for (const holds of conditions) if (holds(read)) return true;
    return false;
  };
}
