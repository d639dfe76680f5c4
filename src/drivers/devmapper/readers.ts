import { throwIfAborted } from '../../errors/index.js';

interface Reader {
  readonly end: AbortController;
  readonly ended: Promise<unknown>;
}

/** Who reads which layers: they give way to whoever deletes one, and never keep others waiting. */
export class Readers {
  readonly #readers = new Map<string, Set<Reader>>();

  /**
   * Reads a layer.
   * @param work Stops when its signal is aborted, and lets go of the layer before it settles.
   * @returns undefined when it was ended since the layer is deleted. @throws what `work` throws.
   */
  async read<T>(
    id: string,
    work: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T | undefined> {
    throwIfAborted(signal);
    const end = new AbortController();
    const all = signal === undefined ? end.signal : AbortSignal.any([end.signal, signal]);
    const ended = work(all);
    const reader = { end, ended };
    const readers = this.#readers.get(id) ?? new Set();
    this.#readers.set(id, readers.add(reader));
    try {
      return await ended;
    } catch (error) {
      if (!end.signal.aborted || signal?.aborted === true) throw error;
      return undefined;
    } finally {
      readers.delete(reader);
      if (readers.size === 0) this.#readers.delete(id);
    }
  }

  /** Ends all reading of a layer; resolves when everybody has let go of it. Never rejects. */
  async stop(id: string): Promise<void> {
    const readers = [...(this.#readers.get(id) ?? [])];
    for (const { end } of readers) end.abort();
    await Promise.allSettled(readers.map(({ ended }) => ended));
  }
}
