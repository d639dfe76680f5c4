import { throwIfAborted } from '../../errors/index.js';

interface Reader {
  readonly end: AbortController;
  readonly ended: Promise<unknown>;
}

/** The readers of layers. Reading stops when the layer is deleted, and never keeps others waiting. */
export class Readers {
  readonly #readers = new Map<string, Set<Reader>>();

  /**
   * Reads a layer.
   * @param work Stops when its signal is aborted, and releases the layer before it settles.
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

  /** Ends all reading of a layer; resolves when no reader uses it any more. Never rejects. */
  async stop(id: string): Promise<void> {
    const readers = [...(this.#readers.get(id) ?? [])];
    for (const { end } of readers) end.abort();
    await Promise.allSettled(readers.map(({ ended }) => ended));
  }
}
