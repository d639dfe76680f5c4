/** What a recording consists of: files and directories, and what was done to them, in order. */

/** A file, directory, link or socket, whatever its names are. */
export interface Node {
  readonly id: number;
  readonly type: 'directory' | 'file' | 'link' | 'socket';
  /** Where a symbolic link leads. */
  readonly target?: string;
}

/** A name in a directory. */
export interface Entry {
  readonly parent: Node;
  readonly name: string;
}

/** A change of names, sizes or attributes: file systems with a journal bring these to the disk in their order. */
export type MetadataChange =
  | { readonly type: 'make'; readonly entry: Entry; readonly node: Node; readonly mode: number }
  | { readonly type: 'link'; readonly entry: Entry; readonly node: Node }
  | { readonly type: 'unlink'; readonly entry: Entry; readonly node: Node }
  | { readonly type: 'rename'; readonly from: Entry; readonly to: Entry; readonly node: Node }
  | { readonly type: 'mode'; readonly node: Node; readonly mode: number }
  | { readonly type: 'owner'; readonly node: Node; readonly uid: number; readonly gid: number }
  /** The time of the last change of content, in nanoseconds. */
  | { readonly type: 'time'; readonly node: Node; readonly time: bigint }
  | { readonly type: 'size'; readonly node: Node; readonly size: number };

/** Content that was written, to the page cache at first. */
export interface DataChange {
  readonly type: 'write';
  readonly node: Node;
  readonly offset: number;
  readonly data: Buffer;
}

/** A request that waited until something was on disk. */
export interface Sync {
  readonly type: 'sync';
  /** Whose; undefined for everything on the file system. */
  readonly node: Node | undefined;
  /** Whether it covers content and size alone (fdatasync). */
  readonly dataOnly: boolean;
  /** How many events had ended before it began: those are covered. */
  readonly covers: number;
  /** Given when it was a write that waited for itself (O_DSYNC), and so put no other content on disk: its index. */
  readonly write?: number;
}

/** Something that the recorded program said of itself. */
export interface Mark {
  readonly type: 'mark';
  readonly text: string;
}

/** Something that was done, in the order of the ends of the calls. */
export type Event = MetadataChange | DataChange | Sync | Mark;

/** What was done below a directory that was empty at first. */
export interface Recording {
  /** The directory. */
  readonly top: Node;
  readonly events: readonly Event[];
}

/** Whether a file system with a journal keeps an event in order with others of its kind. */
export function isMetadata(event: Event): event is MetadataChange {
  return event.type !== 'write' && event.type !== 'sync' && event.type !== 'mark';
}

/** The nodes whose inodes a change is about. */
export function touched(change: MetadataChange): readonly Node[] {
  switch (change.type) {
    case 'make':
    case 'link':
    case 'unlink':
      return [change.entry.parent, change.node];
    case 'rename':
      return [change.from.parent, change.to.parent, change.node];
    default:
      return [change.node];
  }
}
