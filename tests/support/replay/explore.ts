import type { Random } from '../random.js';
import { candidates, type KindOfState } from './candidates.js';
import { type CrashState, Disk } from './disk.js';
import { fingerprint, type Image, imageOf } from './image.js';
import { complaintsAbout } from './judge.js';
import { saidBefore } from './marks.js';
import type { Recording } from './model.js';
import type { Verdict } from './verifier.js';
import type { Verifiers } from './verifiers.js';

/** What is explored, and how far. */
export interface ExploreOptions {
  readonly recording: Recording;
  readonly random: Random;
  readonly verifiers: Verifiers;
  /** So many states at most, of all kinds in turn. */
  readonly states: number;
  /** Only cuts behind so many events. Default: all. */
  readonly points?: number;
  /** Ends it: asked before each state. */
  readonly enough?: (totals: Totals) => boolean;
}

/** Something that is wrong with a state. */
export interface Loss {
  readonly kind: KindOfState;
  readonly state: CrashState;
  readonly complaints: readonly string[];
}

/** What came of it. */
export interface Totals {
  /** States that were compared with what was said until then. */
  states: number;
  /** Those of each kind. */
  readonly ofKind: Map<KindOfState, number>;
  /** Different disks on which Strata was started. */
  disks: number;
  readonly losses: Loss[];
}

/** Starts Strata on states of the disk that a power cut could have left, and compares what it finds with what was said. */
export async function explore(options: ExploreOptions): Promise<Totals> {
  const explorer = new Explorer(options);
  const left = inTurn(candidates(explorer.disk, options.random, options.points));
  // One worker more than verifiers, so that the next disk is ready when one is done.
  await Promise.all(Array.from({ length: options.verifiers.count + 1 }, () => explorer.work(left)));
  return explorer.totals;
}

class Explorer {
  readonly totals: Totals = { states: 0, ofKind: new Map(), disks: 0, losses: [] };
  readonly disk: Disk;
  readonly #options: ExploreOptions;
  readonly #verdicts = new Map<string, Promise<Verdict>>();
  readonly #seen = new Set<string>();

  constructor(options: ExploreOptions) {
    this.#options = options;
    this.disk = new Disk(options.recording);
  }

  async work(left: Iterator<readonly [KindOfState, CrashState]>): Promise<void> {
    const { states, enough = () => false } = this.#options;
    while (this.totals.states < states && !enough(this.totals)) {
      const next = left.next();
      if (next.done === true) return;
      await this.#look(...next.value);
    }
  }

  async #look(kind: KindOfState, state: CrashState): Promise<void> {
    const said = saidBefore(this.disk.events, state.point);
    const image = imageOf(this.disk, state);
    const print = fingerprint(image);
    const key = `${said.length} ${print}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.totals.states += 1;
    this.totals.ofKind.set(kind, (this.totals.ofKind.get(kind) ?? 0) + 1);
    const complaints = complaintsAbout(await this.#verdict(print, image), said);
    if (complaints.length > 0) this.totals.losses.push({ kind, state, complaints });
  }

  /** What Strata makes of an image, which is tried once. */
  #verdict(print: string, image: Image): Promise<Verdict> {
    const known = this.#verdicts.get(print);
    if (known !== undefined) return known;
    this.totals.disks += 1;
    const verdict = this.#options.verifiers.verify(image);
    this.#verdicts.set(print, verdict);
    return verdict;
  }
}

/** One of each, again and again, until none has any more. */
function* inTurn<K, T>(lists: ReadonlyMap<K, readonly T[]>): Generator<readonly [K, T]> {
  const longest = Math.max(...[...lists.values()].map(({ length }) => length));
  for (let index = 0; index < longest; index++) {
    for (const [key, list] of lists) {
      const item = list[index];
      if (item !== undefined) yield [key, item];
    }
  }
}
