import type { LogFile } from './log-file.js';
import type { Reserve } from './reserve.js';
import { mayBeFull, sqliteCode } from './sqlite-error.js';

/** How often to try whether a disk that seems full still is, in milliseconds. */
const patience = 250;

/** The parts of a `Room`. */
export interface RoomParts {
  readonly reserve: Reserve;
  readonly log: LogFile;
  /** Copies the log to the database file, with the room of a file if need be, and starts it from its beginning. */
  readonly restart: (reserve: string) => Promise<void>;
}

/**
 * Handles a full disk: gives the reserve to the log and the database file, so that the log can be started from its beginning
 * as often as it takes, and lets only changes pass that give space back, until the reserve can be filled again.
 */
export class Room {
  readonly #parts: RoomParts;
  #full = false;
  #tried = 0;

  constructor(parts: RoomParts) {
    this.#parts = parts;
  }

  /** Fills the reserve at the start. @returns whether the disk has room for it. */
  async begin(): Promise<boolean> {
    this.#full = !(await this.#hasRoom());
    return !this.#full;
  }

  /** Whether there is room for changes of all kinds. */
  async isThere(): Promise<boolean> {
    if (!this.#full) return true;
    const now = performance.now();
    if (now - this.#tried < patience && !(await this.#parts.reserve.mayFit())) return false;
    this.#tried = now;
    this.#full = !(await this.#hasRoom());
    return !this.#full;
  }

  async #hasRoom(): Promise<boolean> {
    const { reserve } = this.#parts;
    return (await reserve.fill()) && (await reserve.canGrow());
  }

  /**
   * Whether something failed because the disk is full; if so, the disk counts as full from now on.
   * @throws the error of a trial write, when that fails for another reason.
   */
  async isMissing(error: unknown): Promise<boolean> {
    if (!mayBeFull(error)) return false;
    if (sqliteCode(error) !== 'SQLITE_FULL' && (await this.#parts.reserve.canGrow())) return false;
    this.#full = true;
    this.#tried = performance.now();
    return true;
  }

  /** Frees the reserve, and the part of the log that is copied, for the next changes. Nothing may be committed meanwhile. */
  async make(): Promise<void> {
    const { reserve, log, restart } = this.#parts;
    try {
      await restart(reserve.path);
    } catch (error) {
      // The next change may find room nevertheless, or fails and says why.
      if (!mayBeFull(error)) throw error;
    }
    if (!(await log.isShort())) return;
    await reserve.empty();
    await log.grow();
  }
}
