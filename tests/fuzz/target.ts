/** What can be fuzzed, and how it is done. */
import type { Need } from '../support/needs/index.js';
import { Random } from '../support/random.js';

/** Something that takes input from outside, ready for it. */
export interface Fuzzed extends AsyncDisposable {
  /** Makes one input of these numbers and sees what comes of it. @throws Error when that is not as it must be. */
  attempt(random: Random): Promise<void>;
}

/** What can be fuzzed. */
export interface FuzzTarget {
  readonly name: string;
  /** What it needs of the machine; nothing when absent. */
  readonly needs?: readonly Need[];
  /** How many attempts a test makes. */
  readonly attempts: number;
  /** @param directory An empty directory of its own, with a short path. */
  open(directory: string): Promise<Fuzzed>;
}

/** How long to go on: so many attempts, or until so many seconds are over. */
export type FuzzLength = { readonly attempts: number } | { readonly seconds: number };

/** What one attempt may take, in milliseconds; one that takes longer hangs. */
const longestAttempt = 300_000;

/**
 * Makes attempts with the numbers of a seed and those after it, so that a failure can be seen again by its own seed.
 * @returns how many. @throws Error at the first failure, with its seed.
 */
export async function fuzz(target: FuzzTarget, { directory, seed, length }: FuzzRun): Promise<number> {
  await using fuzzed = await target.open(directory);
  const end = 'seconds' in length ? performance.now() + length.seconds * 1000 : Number.POSITIVE_INFINITY;
  const most = 'attempts' in length ? length.attempts : Number.POSITIVE_INFINITY;
  let done = 0;
  for (; done < most && performance.now() < end; done++) {
    try {
      await inTime(fuzzed.attempt(new Random(seed + done)));
    } catch (error) {
      const again = `npm run fuzz -- --target ${target.name} --seed ${seed + done} --attempts 1`;
      throw new Error(`${target.name}, seed ${seed + done}: ${error}\nto see it again: ${again}`, { cause: error });
    }
  }
  return done;
}

/** A run of one target. */
export interface FuzzRun {
  readonly directory: string;
  readonly seed: number;
  readonly length: FuzzLength;
}

async function inTime(attempt: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${longestAttempt / 1000} s`)), longestAttempt);
  });
  try {
    await Promise.race([attempt, late]);
  } finally {
    clearTimeout(timer);
  }
}
