/** Requests to the device mapper, in the kernel's form (include/uapi/linux/dm-ioctl.h). */
import { closeSync, constants, openSync } from 'node:fs';
import { libc } from '../calls/libc.js';
import { systemCallError } from '../calls/system-error.js';

const CONTROL = '/dev/mapper/control';

/** The commands that are used, by their names in DM_*_CMD. */
const commands = {
  LIST_DEVICES: 2,
  DEV_CREATE: 3,
  DEV_REMOVE: 4,
  DEV_SUSPEND: 6,
  DEV_STATUS: 7,
  TABLE_LOAD: 9,
  TABLE_STATUS: 12,
  TARGET_MSG: 14,
} as const;

/** The name of a command. */
export type DeviceMapperCommand = keyof typeof commands;

/** Flags of struct dm_ioctl, DM_*_FLAG. */
export const DM_FLAG = {
  READONLY: 1,
  SUSPEND: 2,
  STATUS_TABLE: 16,
  BUFFER_FULL: 256,
  SKIP_LOCKFS: 1024,
  NOFLUSH: 2048,
} as const;

/** struct dm_ioctl: offsets and sizes. What goes with a command lies behind it. */
const HEAD = {
  VERSION: 0,
  DATA_SIZE: 12,
  DATA_START: 16,
  TARGET_COUNT: 20,
  OPEN_COUNT: 24,
  FLAGS: 28,
  DEVICE: 40,
  NAME: 48,
  NAME_SIZE: 128,
  SIZE: 312,
} as const;

/** struct dm_target_spec, which the arguments of a target follow. */
export const TARGET = { START: 0, LENGTH: 8, NEXT: 20, TYPE: 24, TYPE_SIZE: 16, SIZE: 40 } as const;

/** Room for answers: a list of thousands of devices, or a long status. */
const FIRST_ROOM = 16 * 1024;
const MAX_ROOM = 16 * 2 ** 20;

/** A request. */
export interface DeviceMapperRequest {
  readonly command: DeviceMapperCommand;
  /** Of the device; empty for requests about all. */
  readonly name: string;
  readonly flags?: number;
  readonly targets?: number;
  /** What goes with it. */
  readonly data?: Buffer;
}

/** What the kernel says about a device, and what else it answers. */
export interface DeviceMapperAnswer {
  readonly flags: number;
  readonly openCount: number;
  /** The minor number: the device is /dev/dm-<minor>. */
  readonly minor: number;
  readonly data: Buffer;
}

/**
 * Asks the device mapper, in a thread of Node's pool: a suspension waits for the disk.
 * @throws a system error with the command and the name of the device.
 */
export async function askDeviceMapper(request: DeviceMapperRequest): Promise<DeviceMapperAnswer> {
  const control = openSync(CONTROL, constants.O_RDWR);
  try {
    for (let room = FIRST_ROOM; ; room *= 4) {
      const answer = await ask(control, request, room);
      if ((answer.flags & DM_FLAG.BUFFER_FULL) === 0 || room > MAX_ROOM) return answer;
    }
  } finally {
    closeSync(control);
  }
}

async function ask(control: number, request: DeviceMapperRequest, room: number): Promise<DeviceMapperAnswer> {
  const { command, name } = request;
  const memory = encode(request, room);
  await new Promise<void>((resolve, reject) => {
    libc().ioctlLater(control, requestNumber(command), memory, (errno) => {
      if (errno === 0) resolve();
      else reject(systemCallError(`ioctl DM_${command} ${name}`, errno));
    });
  });
  return decode(memory);
}

/** _IOWR(0xfd, command, struct dm_ioctl). */
function requestNumber(command: DeviceMapperCommand): number {
  return (0xc000_fd00 | (HEAD.SIZE << 16) | commands[command]) >>> 0;
}

function encode({ name, flags = 0, targets = 0, data = Buffer.alloc(0) }: DeviceMapperRequest, room: number): Buffer {
  const memory = Buffer.alloc(HEAD.SIZE + data.length + room);
  // The oldest version that has all of these commands; the kernel checks the first number only.
  memory.writeUInt32LE(4, HEAD.VERSION);
  memory.writeUInt32LE(memory.length, HEAD.DATA_SIZE);
  memory.writeUInt32LE(HEAD.SIZE, HEAD.DATA_START);
  memory.writeUInt32LE(targets, HEAD.TARGET_COUNT);
  memory.writeUInt32LE(flags >>> 0, HEAD.FLAGS);
  memory.write(name, HEAD.NAME, HEAD.NAME_SIZE - 1);
  data.copy(memory, HEAD.SIZE);
  return memory;
}

function decode(memory: Buffer): DeviceMapperAnswer {
  const device = memory.readBigUInt64LE(HEAD.DEVICE);
  const start = memory.readUInt32LE(HEAD.DATA_START);
  const size = memory.readUInt32LE(HEAD.DATA_SIZE);
  return {
    flags: memory.readUInt32LE(HEAD.FLAGS),
    openCount: memory.readInt32LE(HEAD.OPEN_COUNT),
    // As the kernel packs device numbers (new_encode_dev): the minor in bits 0 to 7 and 20 to 31.
    minor: Number((device & 0xffn) | ((device >> 12n) & 0xfff00n)),
    data: memory.subarray(start, size),
  };
}
