import { messageOf } from '../../errors/index.js';
import type { Logger } from '../logging/logger.js';
import type { SocketClaim } from './socket.js';

/** What it takes to serve on a path. */
export interface KeptSocketOptions {
  /** The path, for the log. */
  readonly address: string;
  /** Claims the path. */
  readonly claim: () => Promise<SocketClaim>;
  /** Listens on a path, beside those on which it listens already. */
  readonly listen: (path: string) => Promise<void>;
  readonly logger: Logger;
}

/** How often the socket is looked at, in milliseconds. */
const LOOK_MS = 2000;

/**
 * The socket of a running daemon, which somebody may delete. A socket without a name cannot be found, so that a new one is
 * made then. Connections of the old one go on.
 */
export class KeptSocket implements AsyncDisposable {
  readonly #options: KeptSocketOptions;
  readonly #timer: NodeJS.Timeout;
  #claim: SocketClaim;
  #looking: Promise<void> = Promise.resolve();
  /** What was said last about a socket that cannot be made again. */
  #complaint = '';

  /** @param claim A claim that is published. */
  constructor(claim: SocketClaim, options: KeptSocketOptions) {
    this.#claim = claim;
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  /** Makes the socket again when it is gone. What is in the way is logged, once. Never rejects. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#restore());
    return this.#looking;
  }

  async #restore(): Promise<void> {
    const { address, logger } = this.#options;
    try {
      if (await this.#claim.isPublished()) return;
      await this.#makeAgain();
      this.#complaint = '';
      logger.warn({ address }, 'the socket was gone; made it again');
    } catch (error) {
      if (this.#complaint === messageOf(error)) return;
      this.#complaint = messageOf(error);
      logger.error({ address, err: error }, 'the socket is gone, and clients cannot reach this daemon');
    }
  }

  async #makeAgain(): Promise<void> {
    const { claim, listen } = this.#options;
    const next = await claim();
    try {
      await listen(next.bindPath);
      await next.publish();
    } catch (error) {
      await next.release();
      throw error;
    }
    await this.#claim.release();
    this.#claim = next;
  }

  /** Takes the socket away. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#claim.release();
  }
}
