/** What an entry of an archive can be. */
export type TarEntryType = 'file' | 'directory' | 'symlink' | 'link' | 'character' | 'block' | 'fifo';

/**
 * An entry of an archive, without its content. Names are bytes, not text: all strings here are "binary strings" (latin1,
 * one character per byte).
 */
export interface TarEntry {
  readonly type: TarEntryType;
  /** As the archive has it: it may be absolute, and have `..` in it. */
  readonly name: string;
  /** Where a symbolic link leads, or the name that a hard link shares its file with; empty for others. */
  readonly linkName: string;
  /** The permissions with the set-id and sticky bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a file: the bytes of its content, holes included; 0 for others. */
  readonly size: number;
  /** Nanoseconds since 1970; may be negative. */
  readonly mtimeNs: bigint;
  /** Undefined where the archive does not say. */
  readonly atimeNs: bigint | undefined;
  /** Of a device. */
  readonly major: number;
  readonly minor: number;
  /** Extended attributes by their names, which are binary strings. */
  readonly attributes: ReadonlyMap<string, Buffer>;
}

/** Who is told what an archive holds, in its order. */
export interface TarHandler {
  /** An entry begins. */
  entry(entry: TarEntry): void;
  /**
   * The next bytes of a file's content.
   * @param offset Where in the file; what lies between two pieces, and behind the last one, is a hole.
   */
  content(bytes: Buffer, offset: number): void;
  /** The entry is complete. */
  end(): void;
}
