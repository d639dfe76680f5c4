import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf } from '../../errors/index.js';
import { SLOT, SUPER, UUID_SIZE } from './format.js';

/** The numbers by which an image that lies at a path is told from all others. */
interface Identity {
  readonly uuid: string;
  readonly size: number;
}

/**
 * What is wrong with an image of merged layers; undefined when it is whole and was made of exactly these. Reads a few
 * hundred bytes of it, and the superblock of each layer: some 10 microseconds for each. That something cannot be read is a
 * problem and no error.
 * @param layers The images of the layers, the lowest first.
 */
export function mergedProblem(merged: string, layers: readonly string[]): string | undefined {
  try {
    return differenceOf(merged, layers);
  } catch (error) {
    return messageOf(error);
  }
}

function differenceOf(merged: string, layers: readonly string[]): string | undefined {
  return withFile(merged, (fd) => {
    const head = superblockOf(fd);
    if (head === undefined) return 'it is no image of erofs';
    const { field } = SUPER;
    const blockSize = 2 ** head.readUInt8(field.blockBits);
    if (fstatSync(fd).size < head.readUInt32LE(field.blocks) * blockSize) return 'its end is missing';
    const count = head.readUInt16LE(field.devices);
    if (count !== layers.length) return `it is of ${count} layers, and there are ${layers.length}`;
    const slots = readAt(fd, head.readUInt16LE(field.slots) * SLOT.size, count * SLOT.size);
    if (slots === undefined) return 'its end is missing';
    const other = layers.find((layer, index) => {
      const { uuid, size } = identityOf(layer);
      const slot = slots.subarray(index * SLOT.size, (index + 1) * SLOT.size);
      return slot.readUInt32LE(SLOT.blocks) * blockSize !== size || slot.toString('latin1', 0, uuid.length) !== uuid;
    });
    return other === undefined ? undefined : `${other} is not the layer that it was made of`;
  });
}

function identityOf(layer: string): Identity {
  return withFile(layer, (fd) => {
    const { size } = fstatSync(fd);
    return { size, uuid: superblockOf(fd)?.toString('hex', SUPER.field.uuid, SUPER.field.uuid + UUID_SIZE) ?? 'none' };
  });
}

function superblockOf(fd: number): Buffer | undefined {
  const head = readAt(fd, SUPER.at, SUPER.size);
  return head?.readUInt32LE(SUPER.field.magic) === SUPER.magic ? head : undefined;
}

function readAt(fd: number, position: number, length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length);
  return readSync(fd, bytes, 0, length, position) === length ? bytes : undefined;
}

function withFile<T>(path: string, read: (fd: number) => T): T {
  const fd = openSync(path, 'r');
  try {
    return read(fd);
  } finally {
    closeSync(fd);
  }
}
