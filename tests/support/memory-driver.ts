import { NotFoundError, throwIfAborted } from '../../src/errors/index.js';
import type {
  CallContext,
  Driver,
  DriverSnapshot,
  Labels,
  LimitSupport,
  Limits,
  Mount,
  Usage,
} from '../../src/snapshots/index.js';

/** Something that a test lets happen when it wants to. */
export class Gate {
  #open: () => void = () => undefined;
  #reached: () => void = () => undefined;
  readonly #opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });
  /** Resolves when the work that the gate holds up has come to it. */
  readonly reached = new Promise<void>((resolve) => {
    this.#reached = resolve;
  });

  /** Waits at the gate until it is opened. */
  async pass(): Promise<void> {
    this.#reached();
    await this.#opened;
  }

  /** Lets everything through from now on. */
  open(): void {
    this.#open();
  }
}

/** Where a test can hold a driver up or make it fail. */
export type DriverStep = 'create' | 'seal' | 'usage' | 'discard' | 'limit';

/** A driver whose files are names in memory, which tests can hold up, break and look into. */
export class MemoryDriver implements Driver {
  readonly capabilities = { names: ['rebase'] };
  readonly root = '/memory';
  /** What lies in the place of snapshots. */
  readonly files = new Set<string>();
  /** Every snapshot that was created, by id. */
  readonly created = new Map<string, DriverSnapshot>();
  /** Gates by step; a step with one waits there. */
  readonly gates = new Map<DriverStep, Gate>();
  /** Failures by step; a step with one throws it. */
  readonly failures = new Map<DriverStep, Error>();
  /** What sealed layers and active snapshots take. */
  measured: Usage = { size: 4096, inodes: 1 };
  /** The limits of each snapshot that was given any, by id. */
  readonly limits = new Map<string, Limits>();
  /** Which limits it says that it can keep. */
  limitSupport: LimitSupport = { bytes: true, inodes: true };
  readonly limiter = {
    support: (): LimitSupport => this.limitSupport,
    set: async ({ id }: DriverSnapshot, limits: Limits, call: CallContext): Promise<void> => {
      await this.#step('limit', call);
      if (!this.files.has(id)) throw new NotFoundError(`files of ${id}`);
      this.limits.set(id, limits);
    },
  };
  closed = false;

  async create(snapshot: DriverSnapshot, call: CallContext): Promise<void> {
    await this.#step('create', call);
    if (this.files.has(snapshot.id)) throw new Error(`id ${snapshot.id} was given out twice`);
    for (const parent of snapshot.parentIds) {
      if (!this.files.has(parent)) throw new NotFoundError(`files of parent ${parent}`);
    }
    this.files.add(snapshot.id);
    this.created.set(snapshot.id, snapshot);
    if (snapshot.limits !== undefined) this.limits.set(snapshot.id, snapshot.limits);
  }

  async seal(_snapshot: DriverSnapshot, call: CallContext): Promise<Usage> {
    await this.#step('seal', call);
    return this.measured;
  }

  mounts({ id, kind, parentIds }: DriverSnapshot): readonly Mount[] {
    const options = [kind === 'active' ? 'rw' : 'ro', ...parentIds.map((parent) => `lower=${parent}`)];
    return [{ type: 'memory', source: id, target: '', options }];
  }

  async usage(_snapshot: DriverSnapshot, call: CallContext): Promise<Usage> {
    await this.#step('usage', call);
    return this.measured;
  }

  async discard(ids: readonly string[], call: CallContext): Promise<void> {
    await this.#step('discard', call);
    for (const id of ids) this.files.delete(id);
  }

  async *ids(): AsyncGenerator<string> {
    yield* [...this.files];
  }

  shownLabels({ id }: Pick<DriverSnapshot, 'id'>): Labels {
    return new Map([['containerd.io/snapshot/memory.id', id]]);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #step(step: DriverStep, call: CallContext): Promise<void> {
    throwIfAborted(call.signal);
    await this.gates.get(step)?.pass();
    throwIfAborted(call.signal);
    const failure = this.failures.get(step);
    if (failure !== undefined) throw failure;
  }
}
