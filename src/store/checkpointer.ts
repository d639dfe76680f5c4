import { type FaultPoints, SerialQueue } from '../base/index.js';
import type { Connection } from './connection.js';
import type { Reader } from './reader.js';
import type { Room } from './room.js';
import { statement } from './statement.js';
import type { MaintenanceTask } from './tasks.js';
import { inWorker } from './worker.js';

/** The log is copied to the database file when it has so many bytes. */
const logLimit = 4 * 1024 * 1024;

/** Changes wait for the copying when the log outgrows that by so many bytes: the reserve has room for no more. */
const slack = 2 * 1024 * 1024;

/** So few bytes are copied in no time. */
const little = 256 * 1024;

const size = statement<{ readonly log: number }>('PRAGMA wal_checkpoint(NOOP)');
const pageSize = statement<{ readonly page_size: number }>('PRAGMA page_size');
const frameHeader = 24;

/** Runs something while nothing is being changed. */
type Hold = (work: () => Promise<void>) => Promise<void>;

/** For what runs between two groups already. */
const unheld: Hold = (work) => work();

/** What a checkpoint works with. */
export interface CheckpointerParts {
  readonly writer: Connection;
  readonly reader: Reader;
  readonly room: Room;
  /** Runs something while nothing is being changed. */
  readonly between: Hold;
  readonly faults: FaultPoints;
  readonly errors: (task: string, error: unknown) => void;
}

/**
 * Keeps the log short, in another thread. It first copies the log to the database file while changes go on, then the little
 * that has come since while they wait; then the log begins again. So the event loop waits neither for the copying nor for its
 * three synchronisations, and a change waits only for the small second part.
 */
export class Checkpointer {
  readonly #parts: CheckpointerParts;
  readonly #frameSize: number;
  readonly #tasks = new SerialQueue();
  #next = logLimit;
  #running: Promise<void> | undefined;

  constructor(parts: CheckpointerParts) {
    this.#parts = parts;
    this.#frameSize = frameHeader + Number(parts.writer.get(pageSize)?.page_size);
  }

  /**
   * Call it after each group of changes, before the next. It begins a checkpoint when the log is long enough, and resolves
   * only after the checkpoint when the log grows faster than it is copied.
   */
  async notice(): Promise<void> {
    const bytes = this.#logBytes();
    if (bytes >= this.#next + slack) await this.#attempt(() => this.restart(), unheld);
    else if (bytes >= this.#next) this.#running ??= this.#perform();
  }

  /** Leaves little of the log for the last connection to copy when it closes, on the event loop. */
  async finish(): Promise<void> {
    await this.#running;
    if (this.#logBytes() > little) await this.#attempt(() => this.restart(), unheld);
  }

  async #perform(): Promise<void> {
    const { between, faults } = this.#parts;
    await this.#attempt(async () => {
      faults.reach('checkpoint.begun');
      await this.#inTurn('checkpoint');
      faults.reach('checkpoint.between');
      await between(() => this.restart());
      faults.reach('checkpoint.done');
    }, between);
    this.#running = undefined;
  }

  /** Never rejects. @param hold How to keep others from changing anything. */
  async #attempt(work: () => Promise<void>, hold: Hold): Promise<void> {
    const { room, errors } = this.#parts;
    try {
      try {
        await work();
      } catch (error) {
        if (!(await room.isMissing(error))) throw error;
        await hold(() => room.make());
      }
      // Not again at once when the log could not begin again, for instance because another process reads it.
      const bytes = this.#logBytes();
      this.#next = bytes < logLimit ? logLimit : bytes + logLimit;
    } catch (error) {
      errors('copy the log of the store to its database', error);
      this.#next += logLimit;
    }
  }

  /** Starts the log from its beginning, when nothing is being changed. @param reserve A file that is emptied if need be. */
  async restart(reserve?: string): Promise<void> {
    using _ = this.#parts.reader.loosen();
    await this.#inTurn(reserve === undefined ? 'restart' : { restartWith: reserve });
  }

  /** Of two at the same time, one would do nothing. */
  async #inTurn(what: MaintenanceTask): Promise<void> {
    await this.#tasks.run('', () => inWorker({ file: this.#parts.writer.file, what }));
  }

  #logBytes(): number {
    return (this.#parts.writer.get(size)?.log ?? 0) * this.#frameSize;
  }
}
