import { setTimeout as delay } from 'node:timers/promises';
import type { Snapshotter } from '../../../src/index.js';
import { digestOf, fill } from '../power-cut/content.js';
import { filesOf } from '../power-cut/load.js';
import { until } from '../until.js';

const callers = 3;

/** Names of its snapshots, which no other load of this process uses. */
let last = 0;

/** Callers that make layers over each other until they are ended, whatever is refused, and what came of it. */
export class Load implements AsyncDisposable {
  /** The digests of the layers whose commits were acknowledged, by their names. */
  readonly layers = new Map<string, string>();
  /** What calls were refused with. */
  readonly refusals: unknown[] = [];
  readonly #snapshotter: Snapshotter;
  readonly #callers: readonly Promise<void>[];
  #isGoing = true;

  /** Begins at once. */
  constructor(snapshotter: Snapshotter) {
    this.#snapshotter = snapshotter;
    this.#callers = Array.from({ length: callers }, () => this.#call());
  }

  /** Waits until so many more layers are acknowledged. */
  async makes(more: number): Promise<void> {
    const wanted = this.layers.size + more;
    await until(`${more} layers are made`, () => {
      if (this.refusals.length > 0) throw this.refusals[0];
      return this.layers.size >= wanted;
    });
  }

  /** Waits until so many more calls are refused. */
  async isRefused(more: number): Promise<void> {
    const wanted = this.refusals.length + more;
    await until(`${more} calls are refused`, () => this.refusals.length >= wanted);
  }

  /** Resolves when the calls under way are answered. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isGoing = false;
    await Promise.all(this.#callers);
  }

  async #call(): Promise<void> {
    while (this.#isGoing) {
      await this.#makeLayer().catch((error: unknown) => this.refusals.push(error));
      await delay(10);
    }
  }

  async #makeLayer(): Promise<void> {
    last += 1;
    const [key, name] = [`active ${last}`, `layer ${last}`];
    const parent = [...this.layers.keys()].at(-1);
    const files = filesOf(await this.#snapshotter.prepare({ key, ...(parent === undefined ? {} : { parent }) }));
    const digest = filled(files);
    // A disk that cannot be written refuses the caller's files as well, which says nothing of the daemon.
    if (digest === undefined) return;
    await this.#snapshotter.commit({ key, name });
    this.layers.set(name, digest);
  }
}

/** Fills a directory. @returns the digest; undefined when the disk did not let it. */
function filled(directory: string): string | undefined {
  try {
    fill(directory);
    return digestOf(directory);
  } catch {
    return undefined;
  }
}
