import type { Driver } from '../driver/driver.js';
import type { BackgroundErrors } from './background-errors.js';
import { DiscardQueue } from './discards.js';

const noFailures: ReadonlyMap<string, string> = new Map();

/** Has the driver delete, in the background, what only the active snapshots of recorded commits needed. */
export class CommitLeftovers {
  readonly #queue: DiscardQueue | undefined;
  #searched = false;

  /** @param onFailed Called when others than before could not be deleted. */
  constructor(driver: Driver, errors: BackgroundErrors, onFailed?: () => void) {
    if (driver.committed === undefined) return;
    const work = {
      task: 'delete what is left of the commits of snapshots',
      discard: async (...args: Parameters<Driver['discard']>) => driver.committed?.(...args),
      ...(onFailed === undefined ? {} : { onFailed }),
    };
    this.#queue = new DiscardQueue(work, errors);
  }

  /** To be called when the commit of an id is recorded. */
  drop(id: string): void {
    this.#queue?.add([id]);
  }

  /** Queues what a crash can have left; call it once in the life of the process. @param committed Gives the ids of layers. */
  search(committed: () => readonly string[]): void {
    if (this.#searched || this.#queue === undefined) return;
    this.#searched = true;
    this.#queue.add(committed());
  }

  /** The layers of which something could not be deleted so far, with the reason. */
  get failed(): ReadonlyMap<string, string> {
    return this.#queue?.failed ?? noFailures;
  }

  /** Resolves when everything queued so far is done, and what failed before was tried once more. */
  async drain(): Promise<void> {
    await this.#queue?.drain();
  }

  /** Stops; what is left is found at the next start. */
  async close(): Promise<void> {
    await this.#queue?.close();
  }
}
