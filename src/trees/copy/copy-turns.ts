import { toPlainError } from '../../base/index.js';
import type { Steps } from './copy-file.js';
import { type CopyMessage, type CopyReply, stepsOf } from './copy-tasks.js';

/** For how long a copy works before it is the next one's turn. */
const TURN_MS = 4;

/** How many copies are begun at the same time: each holds some files open. */
const MAX_BEGUN = 64;

interface Begun {
  readonly message: CopyMessage;
  readonly steps: Steps;
}

/** The copies of one thread, which take turns: a small one never waits for a large one to end. */
export class CopyTurns {
  readonly #reply: (reply: CopyReply) => void;
  readonly #begin: (message: CopyMessage) => Steps;
  #waiting: CopyMessage[] = [];
  #begun: Begun[] = [];

  /** @param begin Gives the work of a request; for tests. */
  constructor(
    reply: (reply: CopyReply) => void,
    begin: (message: CopyMessage) => Steps = ({ request }) => stepsOf(request),
  ) {
    this.#reply = reply;
    this.#begin = begin;
  }

  /** Takes a copy on. */
  add(message: CopyMessage): void {
    this.#waiting.push(message);
  }

  /** Gives each copy its turn. @returns whether there is more to do. */
  round(): boolean {
    this.#waiting = this.#waiting.filter((message) => !this.#answerStopped(message));
    for (const message of this.#waiting.splice(0, MAX_BEGUN - this.#begun.length)) {
      this.#begun.push({ message, steps: this.#begin(message) });
    }
    this.#begun = this.#begun.filter((copy) => this.#turn(copy));
    return this.#begun.length + this.#waiting.length > 0;
  }

  #answerStopped({ id, stop }: CopyMessage): boolean {
    if (!isSet(stop)) return false;
    this.#reply({ id });
    return true;
  }

  /** Works on one copy; true when it needs another turn. */
  #turn({ message, steps }: Begun): boolean {
    const { id, stop } = message;
    try {
      for (const end = performance.now() + TURN_MS; performance.now() < end; ) {
        const { done } = isSet(stop) ? steps.return() : steps.next();
        if (done === true) {
          this.#reply({ id });
          return false;
        }
      }
      return true;
    } catch (error) {
      this.#reply({ id, error: toPlainError(error) });
      return false;
    }
  }
}

function isSet(stop: Int32Array): boolean {
  return Atomics.load(stop, 0) !== 0;
}
