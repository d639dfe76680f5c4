/**
 * Whether what several callers saw can be explained by some order of their calls, one after the other, in which no call
 * comes after one that began when it had already ended (linearizability; Wing and Gong, Testing and verifying concurrent
 * objects, 1993). The search goes through the orders depth first and remembers, as Lowe does (Testing for
 * linearizability, 2017), with which calls done it has been in which state, since from there it would go the same ways.
 */

/** A call of a history. */
export interface HistoryCall<Operation, Outcome> {
  readonly operation: Operation;
  /** Undefined when no answer came: it may have happened at any time after it began, or not at all. */
  readonly outcome: Outcome | undefined;
  /** Moments of one clock that never stands still. */
  readonly began: number;
  readonly ended: number;
}

/** What calls do, when they are made one after the other. */
export interface SequentialModel<State, Operation, Outcome> {
  readonly initial: State;
  /** The state after an operation, or undefined when the operation could not have had this outcome in this state. */
  readonly next: (state: State, operation: Operation, outcome: Outcome | undefined) => State | undefined;
  /** Equal texts for equal states. */
  readonly keyOf: (state: State) => string;
}

/**
 * Finds an order that explains a history. @returns the calls in that order, or undefined when there is none.
 * The time grows, in the worst case, exponentially with the number of calls that overlap.
 */
export function explain<State, Operation, Outcome>(
  history: readonly HistoryCall<Operation, Outcome>[],
  model: SequentialModel<State, Operation, Outcome>,
): HistoryCall<Operation, Outcome>[] | undefined {
  const seen = new Set<string>();
  const order: HistoryCall<Operation, Outcome>[] = [];

  const search = (state: State, left: readonly HistoryCall<Operation, Outcome>[]): boolean => {
    if (left.every(({ outcome }) => outcome === undefined)) return true;
    const key = `${left.map((call) => history.indexOf(call)).join()} ${model.keyOf(state)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    for (const call of firsts(left)) {
      const next = model.next(state, call.operation, call.outcome);
      if (next === undefined) continue;
      order.push(call);
      const rest = left.filter((other) => other !== call);
      if (search(next, rest)) return true;
      order.pop();
    }
    return false;
  };
  return search(model.initial, history) ? order : undefined;
}

/** The calls that can be the next: those that began before any of the others ended. */
function firsts<Operation, Outcome>(
  left: readonly HistoryCall<Operation, Outcome>[],
): readonly HistoryCall<Operation, Outcome>[] {
  const firstEnd = Math.min(
    ...left.map(({ outcome, ended }) => (outcome === undefined ? Number.POSITIVE_INFINITY : ended)),
  );
  return left.filter(({ began }) => began < firstEnd);
}

/** Records calls with the moments of their beginning and end. */
export class HistoryRecorder<Operation, Outcome> {
  readonly calls: HistoryCall<Operation, Outcome>[] = [];
  #clock = 0;

  /** Makes a call. */
  async record(operation: Operation, perform: () => Promise<Outcome>): Promise<void> {
    const began = ++this.#clock;
    const outcome = await perform();
    this.calls.push({ operation, outcome, began, ended: ++this.#clock });
  }
}
