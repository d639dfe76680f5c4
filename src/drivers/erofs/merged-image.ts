/**
 * What an image of merged layers says of the layers that it needs (include/uapi or fs/erofs/erofs_fs.h of Linux: the
 * superblock, at byte 1024, and one slot for each further device).
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

const SUPERBLOCK = { at: 1024, size: 128, magic: 0xe0f5e1e2 } as const;
const FIELD = { magic: 0, blockBits: 12, blocks: 36, devices: 86, slots: 88 } as const;
const SLOT = { size: 128, blocks: 64 } as const;

/**
 * What is wrong with an image of merged layers; undefined when it is whole and was made of layers of these sizes. Reads a
 * few hundred bytes, and looks at the size of each layer.
 * @param layers The images of the layers, the lowest first.
 * @throws a system error when something cannot be read.
 */
export function mergedProblem(merged: string, layers: readonly string[]): string | undefined {
  const fd = openSync(merged, 'r');
  try {
    const super_ = readAt(fd, SUPERBLOCK.at, SUPERBLOCK.size);
    if (super_ === undefined || super_.readUInt32LE(FIELD.magic) !== SUPERBLOCK.magic) return 'it is no image of erofs';
    const blockSize = 2 ** super_.readUInt8(FIELD.blockBits);
    if (fstatSync(fd).size < super_.readUInt32LE(FIELD.blocks) * blockSize) return 'its end is missing';
    const count = super_.readUInt16LE(FIELD.devices);
    if (count !== layers.length) return `it is of ${count} layers, and there are ${layers.length}`;
    const slots = readAt(fd, super_.readUInt16LE(FIELD.slots) * SLOT.size, count * SLOT.size);
    if (slots === undefined) return 'its end is missing';
    const other = layers.find((layer, index) => {
      return slots.readUInt32LE(index * SLOT.size + SLOT.blocks) * blockSize !== statSync(layer).size;
    });
    return other === undefined ? undefined : `${other} is not the layer that it was made of`;
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, position: number, length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length);
  return readSync(fd, bytes, 0, length, position) === length ? bytes : undefined;
}
