import type { ServerLimits } from './windows.js';

/** What is watched. */
export interface Watched {
  /** Whether the peer has begun to speak HTTP/2. */
  begun(): boolean;
  /** Asks the peer for a sign of life. */
  ask(): void;
  /** Gives the peer up. */
  end(): void;
}

/** Notices a peer that never begins, and one that is gone. Disposing ends that. */
export class Watchdog implements Disposable {
  /** Set whenever something came from the peer. */
  heard = true;
  readonly #watched: Watched;
  readonly #alive: NodeJS.Timeout;
  readonly #patience: NodeJS.Timeout;

  constructor(watched: Watched, { keepaliveMs, prefaceMs }: Pick<ServerLimits, 'keepaliveMs' | 'prefaceMs'>) {
    this.#watched = watched;
    this.#alive = setInterval(() => this.#checkAlive(), keepaliveMs).unref();
    this.#patience = setTimeout(() => {
      if (!watched.begun()) watched.end();
    }, prefaceMs).unref();
  }

  /** A peer that was silent for a while is asked for a sign of life; one that gives none is gone. */
  #checkAlive(): void {
    if (!this.heard) {
      this.#watched.end();
      return;
    }
    this.heard = false;
    this.#watched.ask();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#alive);
    clearTimeout(this.#patience);
  }
}
