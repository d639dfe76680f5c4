import { Descriptors, type OpenFile } from './descriptors.js';
import type { Event, Node } from './model.js';
import { Names, type Place } from './names.js';
import { bytesOf, type SystemCall } from './trace.js';

/** What is recorded. */
export interface Recorded {
  /** The directory; a path without links. */
  readonly top: string;
  /** A file outside of it, where the program writes what it has to say: each write is a mark. */
  readonly marks: string;
}

/** The umask of the recorded program. */
export const recordedUmask = 0o022;

/** Files that only take room: what is in them is left out. */
export const fillers = /\/reserve$/;

/** What the calls so far have made: files and directories, open files, events. */
export class Interpreter {
  readonly names = new Names({ id: 0, type: 'directory' });
  readonly events: Event[] = [];
  readonly descriptors: Descriptors;
  readonly #recorded: Recorded;
  /** When each event ended. */
  readonly #ends: number[] = [];
  readonly #sizes = new Map<number, number>();
  #nodes = 0;

  constructor(calls: readonly SystemCall[], recorded: Recorded) {
    this.descriptors = new Descriptors(calls);
    this.#recorded = recorded;
  }

  add(event: Event, { end }: SystemCall): void {
    this.events.push(event);
    this.#ends.push(end);
  }

  file({ process, args }: SystemCall, index = 0): OpenFile | undefined {
    return this.descriptors.get(process, Number(args[index]));
  }

  /** Where a path leads that is given as an argument, perhaps below a directory that another argument names. */
  place(call: SystemCall, path: number, directory?: number): Place | undefined {
    return this.resolve(call, bytesOf(call.args[path] ?? '').toString(), directory);
  }

  resolve(call: SystemCall, path: string, directory?: number): Place | undefined {
    const [, descriptor, below = ''] = /^\/proc\/(?:self|\d+)\/fd\/(\d+)(\/.*)?$/.exec(path) ?? [];
    if (descriptor !== undefined) return this.#below(this.descriptors.get(call.process, Number(descriptor)), below);
    const { top } = this.#recorded;
    if (path === top || path.startsWith(`${top}/`)) return this.names.resolve(this.names.top, path.slice(top.length));
    if (path.startsWith('/') || directory === undefined || call.args[directory] === 'AT_FDCWD') return undefined;
    return this.#below(this.file(call, directory), path);
  }

  #below(file: OpenFile | undefined, path: string): Place | undefined {
    return file?.node === undefined ? undefined : this.names.resolve(file.node, path);
  }

  make({ entry }: Place, node: Omit<Node, 'id'>, mode: number, call: SystemCall): Node {
    if (entry === undefined) throw new Error('the top was made again');
    const made: Node = { id: ++this.#nodes, ...node };
    this.names.put(entry, made);
    this.add({ type: 'make', entry, node: made, mode: mode & ~recordedUmask }, call);
    return made;
  }

  resize(node: Node, size: number, call: SystemCall): void {
    if (size === this.#sizeOf(node)) return;
    this.#sizes.set(node.id, size);
    this.add({ type: 'size', node, size }, call);
  }

  grow(node: Node, size: number, call: SystemCall): void {
    if (size > this.#sizeOf(node)) this.resize(node, size, call);
  }

  /** A write to an open file; at its own offset when none is given. */
  write(file: OpenFile | undefined, given: Buffer, at: number | undefined, call: SystemCall): void {
    if (file === undefined) return;
    const data = given.subarray(0, call.result);
    if (file.node === undefined) this.add({ type: 'mark', text: data.toString() }, call);
    if (file.node === undefined || data.length === 0) return;
    const offset = file.append ? this.#sizeOf(file.node) : (at ?? file.offset);
    if (at === undefined) file.offset = offset + data.length;
    this.#sizes.set(file.node.id, Math.max(this.#sizeOf(file.node), offset + data.length));
    this.add({ type: 'write', node: file.node, offset, data }, call);
    const write = this.events.length - 1;
    if (file.synchronous) this.add({ type: 'sync', node: file.node, dataOnly: true, covers: write + 1, write }, call);
  }

  sync(node: Node | undefined, dataOnly: boolean, call: SystemCall): void {
    let covers = this.events.length;
    while (covers > 0 && (this.#ends[covers - 1] ?? 0) >= call.begin) covers -= 1;
    this.add({ type: 'sync', node, dataOnly, covers }, call);
  }

  open(call: SystemCall, path: number, flags: string, mode: number): void {
    const { process, result } = call;
    const text = bytesOf(call.args[path] ?? '').toString();
    const has = (flag: string) => flags.split('|').includes(flag);
    const file = (node: Node | undefined): OpenFile => {
      const synchronous = has('O_DSYNC') || has('O_SYNC');
      return { node, append: has('O_APPEND'), synchronous, offset: 0 };
    };
    const isMarks = text === this.#recorded.marks;
    const place = this.resolve(call, text, path - 1);
    if (has('O_TMPFILE') && place !== undefined) throw new Error('files without a name are not understood');
    const node = place === undefined ? undefined : this.#opened(place, { call, mode, truncates: has('O_TRUNC') });
    const opened = isMarks || (node !== undefined && !fillers.test(text)) ? file(node) : undefined;
    this.descriptors.set(process, result, opened, has('O_CLOEXEC'));
  }

  #opened(place: Place, { call, mode, truncates }: { call: SystemCall; mode: number; truncates: boolean }): Node {
    if (place.node === undefined) return this.make(place, { type: 'file' }, mode, call);
    if (place.node.type === 'file' && truncates) this.resize(place.node, 0, call);
    return place.node;
  }

  #sizeOf(node: Node): number {
    return this.#sizes.get(node.id) ?? 0;
  }
}
