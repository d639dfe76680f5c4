/** Archives made by hand, also such as no program would write. */

/** An entry as its bytes shall say; all but the name may be left out. */
export interface MadeEntry {
  /** Up to 100 bytes, however it looks. */
  readonly name: string | Buffer;
  /** The letter of its type. Default: `0`, a file. */
  readonly type?: string;
  readonly content?: string | Buffer;
  readonly link?: string | Buffer;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since 1970. */
  readonly mtime?: number;
  readonly major?: number;
  readonly minor?: number;
  readonly prefix?: string;
  /** The records of an extended header before it. */
  readonly pax?: Readonly<Record<string, string | Buffer>>;
  /** What stands where the magic does. Default: ustar's. */
  readonly magic?: string;
  /** Bytes to put somewhere into the header before its checksum is made. */
  readonly patches?: readonly (readonly [offset: number, bytes: Buffer])[];
  /** The size that the header states, when that is not the content's. */
  readonly size?: number;
}

const BLOCK = 512;

/** The entries with their content and the end that an archive has. */
export function makeTar(entries: readonly MadeEntry[]): Buffer {
  return Buffer.concat([...entries.map(entryBytes), Buffer.alloc(2 * BLOCK)]);
}

/** One entry, without the end of an archive. */
export function entryBytes(entry: MadeEntry): Buffer {
  const content = Buffer.from(entry.content ?? '');
  const extended = entry.pax === undefined ? [] : [paxEntry('x', entry.pax)];
  return Buffer.concat([...extended, headerOf(entry, content.length), padded(content)]);
}

/** An extended header by itself: for the next entry (`x`), or for all (`g`). */
export function paxEntry(type: 'x' | 'g', records: NonNullable<MadeEntry['pax']>): Buffer {
  return entryBytes({ name: 'pax', type, content: paxRecords(records) });
}

/** The bytes of records. */
export function paxRecords(records: NonNullable<MadeEntry['pax']>): Buffer {
  return Buffer.concat(
    Object.entries(records).map(([key, value]) => {
      const tail = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
      let length = tail.length + 1;
      while (`${length}`.length + tail.length !== length) length += 1;
      return Buffer.concat([Buffer.from(`${length}`), tail]);
    }),
  );
}

function headerOf(entry: MadeEntry, contentBytes: number): Buffer {
  const { type = '0', mode = 0o644, uid = 0, gid = 0, mtime = 0, major = 0, minor = 0 } = entry;
  const { magic = 'ustar\x0000', size = contentBytes, patches = [] } = entry;
  const block = Buffer.alloc(BLOCK);
  Buffer.from(entry.name).copy(block, 0, 0, 100);
  octal(block, mode, 100, 8);
  octal(block, uid, 108, 8);
  octal(block, gid, 116, 8);
  octal(block, size, 124, 12);
  octal(block, mtime, 136, 12);
  block.write(type, 156, 'latin1');
  Buffer.from(entry.link ?? '').copy(block, 157, 0, 100);
  block.write(magic, 257, 'latin1');
  octal(block, major, 329, 8);
  octal(block, minor, 337, 8);
  block.write(entry.prefix ?? '', 345, 'latin1');
  for (const [offset, bytes] of patches) bytes.copy(block, offset);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  octal(block, sum, 148, 7);
  return block;
}

function octal(block: Buffer, value: number, at: number, width: number): void {
  block.write(value.toString(8).padStart(width - 1, '0'), at, 'latin1');
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
}
