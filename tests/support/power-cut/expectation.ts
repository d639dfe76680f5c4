import type { Entry, Operation } from './journal.js';
import type { Observed } from './observation.js';
import { after, type State } from './state.js';

/** What one caller may find after a cut: all that was answered, with or without the call that was not. */
export interface Expectation {
  readonly answered: State;
  /** The call that was under way. */
  readonly pending: Operation | undefined;
  /** How many calls were answered. */
  readonly count: number;
  readonly failures: readonly string[];
}

/** What a caller's journal says about what must be there, beginning with what was there. */
export function expectationOf(start: State, entries: readonly Entry[]): Expectation {
  let answered = start;
  let pending: Operation | undefined;
  let count = 0;
  const failures: string[] = [];
  for (const entry of entries) {
    if (entry.step === 'will') pending = entry.operation;
    else if (entry.step === 'failed') failures.push(entry.error);
    else if (pending !== undefined) {
      answered = after(answered, pending);
      pending = undefined;
      count += 1;
    }
  }
  return { answered, pending, count, failures };
}

/** What a caller has after a cut, and what is wrong with it. */
export interface Verdict {
  readonly state: State;
  readonly complaints: readonly string[];
}

/**
 * Compares what is there with what must be. A call that was under way has happened in full or not at all.
 * @param observed What is there of this caller's snapshots.
 */
export function judge({ answered, pending, failures }: Expectation, observed: ReadonlyMap<string, Observed>): Verdict {
  const without = differences(answered, observed);
  if (without.length === 0 || pending === undefined) {
    return { state: answered, complaints: [...failures, ...without] };
  }
  const done = after(answered, pending);
  const withIt = differences(done, observed);
  if (withIt.length === 0) return { state: done, complaints: failures };
  return { state: answered, complaints: [...failures, ...(withIt.length < without.length ? withIt : without)] };
}

function differences(state: State, observed: ReadonlyMap<string, Observed>): string[] {
  const lost = [...state].flatMap(([name, expected]) => {
    const found = observed.get(name);
    if (found === undefined) return [`${expected.kind} ${name} is lost`];
    if (found.files === 'missing') return [`the files of ${expected.kind} ${name} are missing`];
    const facts = { kind: found.kind, parent: found.parent, digest: found.digest, label: found.label };
    return Object.entries(facts).flatMap(([fact, value]) => {
      const wanted = expected[fact as keyof typeof facts];
      // What an active snapshot holds is not promised to survive.
      if (wanted === value || (fact === 'digest' && expected.kind !== 'committed')) return [];
      return [`the ${fact} of ${expected.kind} ${name} is ${value}, not ${wanted}`];
    });
  });
  const extra = [...observed.keys()].filter((name) => !state.has(name));
  return [...lost, ...extra.map((name) => `${name} is there, and should not be`)];
}
