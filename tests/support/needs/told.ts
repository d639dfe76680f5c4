import type { Need } from './questions.js';

/** Something that is not here. */
export interface Lack {
  readonly need: Need;
  /** Whether it could be put right: by installing a package, by being root. Else the machine itself cannot. */
  readonly kind: 'setup' | 'machine';
  readonly why: string;
}

/** What was asked for, and what of it is not here. */
export interface Answers {
  readonly asked: readonly Need[];
  readonly lacks: readonly Lack[];
}

/** Has the answers as JSON, for processes that are started by the one that has asked. */
const variable = 'STRATA_LACKS';

/** Tells the answers to all processes that this one starts. */
export function tell(answers: Answers): void {
  process.env[variable] = JSON.stringify(answers);
}

/** The answers that this process was told. */
export function told(): Answers {
  const text = process.env[variable];
  return text === undefined ? { asked: [], lacks: [] } : (JSON.parse(text) as Answers);
}

/**
 * Why a test with these needs is skipped, as far as this process was told, for the `skip` of a test. That is what `npm test`
 * has found out by trying; where nobody has asked, nothing is known.
 */
export function toldReasonToSkip(...needs: readonly string[]): string | false {
  const lacks = told().lacks.filter(({ need }) => needs.includes(need));
  return lacks.length > 0 && reasonOf(lacks);
}

/** The reason for which a test is skipped that lacks all of these. */
export function reasonOf(lacks: readonly Lack[]): string {
  return `lacks ${lacks.map(({ need, why }) => `${need} (${why})`).join(', ')}`;
}
