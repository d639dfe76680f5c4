import { type Expectation, judge } from './expectation.js';
import type { Observed, Report } from './observation.js';
import type { State } from './state.js';

/** What came of the cuts on one file system. */
export interface Totals {
  readonly cuts: number;
  /** Calls that were answered before a cut. */
  readonly calls: number;
  /** How often a call was under way in a cut. */
  readonly interrupted: number;
  /** How often a committed layer was compared with what was committed. */
  readonly layers: number;
  /** Everything that was not as it must be. */
  readonly complaints: readonly string[];
}

/** What must be on a disk, by the callers that put it there. */
export class Ledger {
  /** By the prefix of their names: what each caller may have left. */
  readonly #expected = new Map<string, Expectation>();
  readonly #complaints: string[] = [];
  #calls = 0;
  #interrupted = 0;
  #layers = 0;

  /** Takes on what a caller did before a cut. */
  add(prefix: string, expectation: Expectation): void {
    this.#expected.set(prefix, expectation);
    this.#calls += expectation.count;
    this.#interrupted += expectation.pending === undefined ? 0 : 1;
  }

  /** Compares what was found with what must be there; what is wrong is complained about once. */
  compare({ snapshots, strays, findings }: Report): void {
    this.#complaints.push(...strays.map((name) => `the directory ${name} is left over`));
    if (findings !== '') this.#complaints.push(`strata check --deep: ${findings}`);
    for (const [prefix, expectation] of this.#expected) {
      const own = new Map(snapshots.filter(([name]) => name.startsWith(prefix)));
      const { state, complaints } = judge(expectation, own);
      this.#complaints.push(...complaints);
      this.#layers += layersIn(own);
      this.#expected.set(prefix, { answered: present(state, own), pending: undefined, count: 0, failures: [] });
    }
  }

  totals(cuts: number): Totals {
    return {
      cuts,
      calls: this.#calls,
      interrupted: this.#interrupted,
      layers: this.#layers,
      complaints: [...this.#complaints],
    };
  }
}

function layersIn(own: ReadonlyMap<string, Observed>): number {
  return [...own.values()].filter(({ digest }) => digest !== undefined).length;
}

function present(state: State, observed: ReadonlyMap<string, Observed>): State {
  return new Map([...state].filter(([name]) => observed.has(name)));
}
