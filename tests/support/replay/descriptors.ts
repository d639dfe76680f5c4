import type { Node } from './model.js';
import type { SystemCall } from './trace.js';

/** What an open file is; a descriptor that is not known is of no interest. */
export interface OpenFile {
  /** Undefined for the file of marks. */
  readonly node: Node | undefined;
  readonly append: boolean;
  readonly synchronous: boolean;
  /** Where the next write goes. */
  offset: number;
}

interface Descriptor {
  readonly file: OpenFile;
  readonly closesOnExec: boolean;
}

type Table = Map<number, Descriptor>;

interface Birth {
  readonly parent: number;
  readonly sharesFiles: boolean;
}

const births = new Set(['clone', 'clone3', 'fork', 'vfork']);

/** Which descriptors lead to which open files, in every process and thread. */
export class Descriptors {
  readonly #births = new Map<number, Birth>();
  readonly #tables = new Map<number, Table>();

  /** @param calls All that there are: a thread may be seen before the call that made it ends. */
  constructor(calls: readonly SystemCall[]) {
    for (const { name, process: parent, result, args } of calls) {
      if (!births.has(name)) continue;
      this.#births.set(result, { parent, sharesFiles: args.some((arg) => arg.includes('CLONE_FILES')) });
    }
  }

  get(process: number, descriptor: number): OpenFile | undefined {
    return this.#table(process).get(descriptor)?.file;
  }

  set(process: number, descriptor: number, file: OpenFile | undefined, closesOnExec: boolean): void {
    if (file === undefined) this.#table(process).delete(descriptor);
    else this.#table(process).set(descriptor, { file, closesOnExec });
  }

  /** The process starts another program. */
  exec(process: number): void {
    const kept = [...this.#table(process)].filter(([, { closesOnExec }]) => !closesOnExec);
    this.#tables.set(process, new Map(kept));
  }

  /** The table of a process; as its parent had it, when it is seen for the first time. */
  #table(process: number): Table {
    const known = this.#tables.get(process);
    if (known !== undefined) return known;
    const birth = this.#births.get(process);
    const inherited: Table = birth === undefined ? new Map() : this.#table(birth.parent);
    const table = birth?.sharesFiles === true ? inherited : new Map(inherited);
    this.#tables.set(process, table);
    return table;
  }
}
