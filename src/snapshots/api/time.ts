const microsecondsPerMillisecond = 1000;

/** The most microseconds that a `Date` can stand for (ECMA-262: 8.64e15 milliseconds, cut to whole numbers). */
const maxMicroseconds = Number.MAX_SAFE_INTEGER;

/**
 * A date that keeps microseconds. Times of snapshots have them, since clients compare them with clocks that do: one
 * cut to milliseconds would seem to lie before the call that caused it. In all else it is a `Date`.
 */
export class PreciseDate extends Date {
  readonly #microseconds: number;

  /** @param microseconds Whole microseconds since 1970, beyond 2^53 cut to that. */
  constructor(microseconds: number) {
    const kept = Math.max(-maxMicroseconds, Math.min(maxMicroseconds, microseconds));
    super(Math.floor(kept / microsecondsPerMillisecond));
    this.#microseconds = kept;
  }

  /** Whole microseconds since 1970. */
  get microseconds(): number {
    return this.#microseconds;
  }
}

/** Whole microseconds since 1970 of any date. */
export function microsecondsOf(date: Date): number {
  return date instanceof PreciseDate ? date.microseconds : date.getTime() * microsecondsPerMillisecond;
}

/**
 * A clock with microseconds. Node's clock of the day has milliseconds only, and its fine clock does not follow when the
 * day's is set. So the fine one gives the part below a millisecond, and is moved whenever the two disagree.
 */
export class MicrosecondClock {
  readonly #day: () => number;
  readonly #fine: () => number;
  /** The day's clock minus the fine one, in milliseconds. */
  #offset: number;

  constructor(day: () => number = Date.now, fine: () => number = () => performance.now()) {
    this.#day = day;
    this.#fine = fine;
    this.#offset = this.#align();
  }

  /** Whole microseconds since 1970; never further than a millisecond from the day's clock. */
  now(): number {
    const milliseconds = this.#day();
    const fine = this.#fine();
    const within = fine + this.#offset - milliseconds;
    if (within < 0) this.#offset -= within;
    else if (within >= 1) this.#offset -= within - lastMicrosecond;
    return milliseconds * microsecondsPerMillisecond + Math.floor(clamp(within) * microsecondsPerMillisecond);
  }

  /** Waits, for at most a millisecond, until the day's clock ticks: then it is exact. */
  #align(): number {
    const before = this.#day();
    const giveUp = this.#fine() + 2;
    let after = before;
    while (after === before && this.#fine() < giveUp) after = this.#day();
    return after - this.#fine();
  }
}

const lastMicrosecond = 0.999;

function clamp(within: number): number {
  return Math.max(0, Math.min(lastMicrosecond, within));
}

let shared: MicrosecondClock | undefined;

/** The time of day in whole microseconds since 1970. */
export function nowMicroseconds(): number {
  shared ??= new MicrosecondClock();
  return shared.now();
}
