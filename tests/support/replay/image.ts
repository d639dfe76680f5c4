import { createHash } from 'node:crypto';
import type { CrashState, Disk } from './disk.js';
import { isMetadata, type MetadataChange, type Node } from './model.js';
import { Names } from './names.js';

/** A file, directory, link or socket of an image. */
export interface ImageEntry {
  /** Relative to the top. */
  readonly path: string;
  readonly type: Node['type'];
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970; undefined when it was never set. */
  readonly time?: bigint;
  readonly content?: Buffer;
  readonly target?: string;
}

/** What lies below the top after a cut, directories before what is in them. */
export type Image = readonly ImageEntry[];

interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly time?: bigint;
}

/** What a disk holds after a cut. */
export function imageOf(disk: Disk, state: CrashState): Image {
  const names = new Names(disk.top);
  const attributes = new Map<number, Attributes>();
  for (const event of disk.events.slice(0, state.journal)) {
    if (!isMetadata(event)) continue;
    changeNames(names, event);
    changeAttributes(attributes, event);
  }
  const image: ImageEntry[] = [];
  const add = (directory: Node, above: string): void => {
    for (const [name, node] of [...names.entriesOf(directory)].sort(([one], [other]) => (one < other ? -1 : 1))) {
      const path = `${above}${name}`;
      const { type, target } = node;
      const facts = attributes.get(node.id) ?? plain;
      const content = type === 'file' ? { content: disk.contentOf(node, state) } : {};
      image.push({ path, type, ...facts, ...content, ...(target === undefined ? {} : { target }) });
      if (type === 'directory') add(node, `${path}/`);
    }
  };
  add(disk.top, '');
  return image;
}

/** The same for images that are the same. */
export function fingerprint(image: Image): string {
  const hash = createHash('sha256');
  for (const { content, ...facts } of image) {
    hash.update(JSON.stringify({ ...facts, time: facts.time?.toString(), size: content?.length }));
    if (content !== undefined) hash.update(content);
  }
  return hash.digest('base64');
}

const plain: Attributes = { mode: 0o755, uid: 0, gid: 0 };

function changeNames(names: Names, change: MetadataChange): void {
  if (change.type === 'make' || change.type === 'link') names.put(change.entry, change.node);
  else if (change.type === 'unlink') names.remove(change.entry);
  else if (change.type === 'rename') {
    names.remove(change.from);
    names.put(change.to, change.node);
  }
}

function changeAttributes(all: Map<number, Attributes>, change: MetadataChange): void {
  const { node } = change;
  const now = all.get(node.id) ?? plain;
  if (change.type === 'make') all.set(node.id, { ...plain, mode: change.mode });
  else if (change.type === 'mode') all.set(node.id, { ...now, mode: change.mode });
  else if (change.type === 'owner') all.set(node.id, { ...now, uid: change.uid, gid: change.gid });
  else if (change.type === 'time') all.set(node.id, { ...now, time: change.time });
}
