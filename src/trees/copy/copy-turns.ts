import { isStopped, toPlainError, type WorkerReply, type WorkerRequest } from '../../base/index.js';
import type { Steps } from './copy-file.js';
import { type CopyRequest, stepsOf } from './copy-tasks.js';

/** How long a copy works before the next one has its turn. */
const TURN_MS = 4;

/** The most copies under way at the same time: each holds some files open. */
const MAX_BEGUN = 64;

/** A copy that is asked for. */
export type CopyMessage = WorkerRequest<CopyRequest>;

/** The answer: done, or cancelled. */
export type CopyReply = WorkerReply<undefined>;

interface Waiting {
  readonly message: CopyMessage;
  readonly reply: (reply: CopyReply) => void;
}

interface Begun extends Waiting {
  readonly steps: Steps;
}

/** The copies of one thread, which take turns: a small one never waits for a large one to end. */
export class CopyTurns {
  readonly #begin: (message: CopyMessage) => Steps;
  #waiting: Waiting[] = [];
  #begun: Begun[] = [];

  /** @param begin Gives the work of a request; for tests. */
  constructor(begin: (message: CopyMessage) => Steps = ({ input }) => stepsOf(input)) {
    this.#begin = begin;
  }

  /** Adds a copy, which is answered when it is over. */
  add(message: CopyMessage, reply: (reply: CopyReply) => void): void {
    this.#waiting.push({ message, reply });
  }

  /** Gives each copy its turn. @returns whether there is more to do. */
  round(): boolean {
    this.#waiting = this.#waiting.filter((waiting) => !answerStopped(waiting));
    for (const waiting of this.#waiting.splice(0, MAX_BEGUN - this.#begun.length)) {
      this.#begun.push({ ...waiting, steps: this.#begin(waiting.message) });
    }
    this.#begun = this.#begun.filter((copy) => this.#turn(copy));
    return this.#begun.length + this.#waiting.length > 0;
  }

  /** Works on one copy; true when it needs another turn. */
  #turn({ message: { id, stop }, reply, steps }: Begun): boolean {
    try {
      for (const end = performance.now() + TURN_MS; performance.now() < end; ) {
        const { done } = isStopped(stop) ? steps.return() : steps.next();
        if (done === true) {
          reply({ id, output: undefined });
          return false;
        }
      }
      return true;
    } catch (error) {
      reply({ id, error: toPlainError(error) });
      return false;
    }
  }
}

function answerStopped({ message: { id, stop }, reply }: Waiting): boolean {
  if (!isStopped(stop)) return false;
  reply({ id, output: undefined });
  return true;
}
