import type { Driver } from '../driver/driver.js';
import type { BackgroundErrors } from './background-errors.js';
import { DiscardQueue } from './discards.js';

/** Has the driver delete, in the background, what only the active snapshots of recorded commits needed. */
export class CommitLeftovers {
  readonly #queue: DiscardQueue | undefined;
  #searched = false;

  constructor(driver: Driver, errors: BackgroundErrors) {
    if (driver.committed === undefined) return;
    const work = {
      task: 'delete what is left of the commits of snapshots',
      discard: async (...args: Parameters<Driver['discard']>) => driver.committed?.(...args),
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

  /** Resolves when everything queued so far is done. */
  async drain(): Promise<void> {
    await this.#queue?.drain();
  }

  /** Stops; what is left is found at the next start. */
  async close(): Promise<void> {
    await this.#queue?.close();
  }
}
