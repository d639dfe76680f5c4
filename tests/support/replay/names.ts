import type { Entry, Node } from './model.js';

/** Where a path leads. */
export interface Place {
  /** The last name of the path; undefined for the top. */
  readonly entry: Entry | undefined;
  /** What is there. */
  readonly node: Node | undefined;
}

/** The names below a directory, as they are at one moment. */
export class Names {
  readonly top: Node;
  readonly #directories = new Map<number, Map<string, Node>>();

  constructor(top: Node) {
    this.top = top;
  }

  /** What a directory has under a name. */
  at({ parent, name }: Entry): Node | undefined {
    return this.#directories.get(parent.id)?.get(name);
  }

  /** Gives a name, in the place of what had it. */
  put({ parent, name }: Entry, node: Node): void {
    const names = this.#directories.get(parent.id);
    if (names === undefined) this.#directories.set(parent.id, new Map([[name, node]]));
    else names.set(name, node);
  }

  /** Takes a name away. */
  remove({ parent, name }: Entry): void {
    this.#directories.get(parent.id)?.delete(name);
  }

  /** The names in a directory and what they lead to. */
  entriesOf(directory: Node): ReadonlyMap<string, Node> {
    return this.#directories.get(directory.id) ?? new Map();
  }

  /** Follows a relative path. Undefined when a directory on the way is not known. */
  resolve(from: Node, path: string): Place | undefined {
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) throw new Error(`paths with ".." are not followed: ${path}`);
    const last = parts.pop();
    if (last === undefined) return { entry: undefined, node: from };
    let parent = from;
    for (const name of parts) {
      const next = this.at({ parent, name });
      if (next?.type !== 'directory') return undefined;
      parent = next;
    }
    const entry = { parent, name: last };
    return { entry, node: this.at(entry) };
  }
}
