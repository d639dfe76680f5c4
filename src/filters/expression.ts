import { RE2JS } from 're2js';
import { InvalidArgumentError, messageOf } from '../errors/index.js';
import type { FilterLimits } from './limits.js';

/** A regular expression that cannot be compiled, and why. */
export interface BadExpression {
  readonly expression: string;
  readonly reason: string;
}

/** Whether a text contains a match. */
export type TextTest = (text: string) => boolean;

/** How much room there is for what an expression's instructions are estimated at, before it is compiled. */
const ESTIMATE_ALLOWANCE = 10;
/** What nested repetitions may multiply to in RE2. */
const MAX_REPETITION = 1_000;

const repetitionCount = /\{(\d+)(?:,(\d*))?\}/g;
const strayByte = /\p{Surrogate}/u;

/**
 * An upper bound of the instructions, per character one, times what all counted repetitions multiply to. Far too much
 * for most expressions; its use is that it is cheap, while compiling a program may take seconds and a gigabyte.
 */
function estimateInstructions(expression: string): number {
  let repetition = 1;
  for (const [, least = '', most = ''] of expression.matchAll(repetitionCount)) {
    repetition *= Math.max(1, Number(least), Number(most));
    if (repetition >= MAX_REPETITION) return expression.length * MAX_REPETITION;
  }
  return expression.length * repetition;
}

/**
 * Compiles the regular expressions of one list of filters, and keeps their sum within bounds. The language is RE2's,
 * and so is the promise: a match takes time in proportion to the program and to the text, never exponential.
 */
export class ExpressionCompiler {
  readonly #limits: FilterLimits;
  readonly #onBad: (bad: BadExpression) => void;
  #expressions = 0;
  #instructions = 0;

  constructor(limits: FilterLimits, onBad: (bad: BadExpression) => void) {
    this.#limits = limits;
    this.#onBad = onBad;
  }

  /**
   * A test for a match anywhere in a text. An expression that is malformed matches nothing and is reported, as
   * containerd has it (pkg/filters/filter.go).
   * @throws InvalidArgumentError when it is too long or too large, or is one too many.
   */
  compile(expression: string): TextTest {
    this.#admit(expression);
    const program = this.#tryCompile(expression);
    if (program === undefined) return () => false;
    this.#instructions += program.programSize();
    if (this.#instructions > this.#limits.instructions) throw this.#tooLarge();
    return (text) => program.test(text);
  }

  #admit(expression: string): void {
    const { expressions, expressionLength, instructions } = this.#limits;
    if (++this.#expressions > expressions)
      throw new InvalidArgumentError(`filters: too many regular expressions (maximum ${expressions})`);
    if (expression.length > expressionLength)
      throw new InvalidArgumentError(
        `filters: regular expression of ${expression.length} characters (maximum ${expressionLength})`,
      );
    if (estimateInstructions(expression) > instructions * ESTIMATE_ALLOWANCE) throw this.#tooLarge();
  }

  #tooLarge(): InvalidArgumentError {
    return new InvalidArgumentError(
      `filters: regular expressions too large (maximum ${this.#limits.instructions} instructions)`,
    );
  }

  #tryCompile(expression: string): RE2JS | undefined {
    try {
      if (!strayByte.test(expression)) return RE2JS.compile(expression);
      this.#onBad({ expression, reason: 'error parsing regexp: invalid UTF-8' });
    } catch (error) {
      this.#onBad({ expression, reason: messageOf(error) });
    }
    return undefined;
  }
}
