/**
 * The kernel's device mapper. A request takes a fraction of a millisecond, in a thread of Node's pool.
 *
 * The kernel makes a node /dev/dm-<number> for each device; the name in /dev/mapper is a link to it. On a machine with
 * udev that makes the link, a moment later, and removes it; elsewhere nobody does. So this code makes the same link at once:
 * whichever of the two comes second finds it there.
 */
import { accessSync, constants as fileConstants, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { hasErrno } from '../calls/system-error.js';
import { askDeviceMapper, type DeviceMapperAnswer, DM_FLAG, TARGET } from './device-mapper-request.js';

/** The directory of the devices. */
const DIRECTORY = '/dev/mapper';

/** A device that was just made is opened by others for a moment, to see what is on it. */
const BUSY = { tries: 20, milliseconds: 50 } as const;

/** A device as the kernel has it. */
export interface MappedDevice {
  readonly name: string;
  /** How often it is open or mounted. */
  readonly open: number;
  /** Whether reads and writes wait for its resumption. */
  readonly suspended: boolean;
}

/** One target that makes up a whole device. */
export interface DeviceTable {
  /** In sectors of 512 bytes. */
  readonly sectors: number;
  /** Such as `thin`. */
  readonly type: string;
  /** The arguments of the target. */
  readonly parameters: string;
  /** Whether nothing can be written to the device. Default false. */
  readonly readOnly?: boolean;
}

/** Makes, changes and removes mapped devices. Names are those below /dev/mapper. */
export interface DeviceMapper {
  /** Makes a device; when it fails there is none. @throws EBUSY when there is one already. */
  create(name: string, table: DeviceTable): Promise<void>;
  /**
   * Gives a device another table. What was begun is finished with the old one; a mounted file system is not written out.
   */
  replace(name: string, table: DeviceTable): Promise<void>;
  /** The same after what is mounted is written out and everything under way is done, as a new size requires. */
  reload(name: string, table: DeviceTable): Promise<void>;
  /** Removes a device; does nothing when there is none. @throws EBUSY when it is still in use after a second of trying. */
  remove(name: string): Promise<void>;
  /** Lets reads and writes wait, after all that were begun are done and a mounted file system is written out. */
  suspend(name: string): Promise<void>;
  /** Lets them go on. */
  resume(name: string): Promise<void>;
  /** Sends a message to the target of a device. @throws EEXIST, ENODATA, whatever the target answers. */
  message(name: string, text: string): Promise<void>;
  /** The status of the target of a device, in words. @throws ENXIO when there is no such device. */
  status(name: string): Promise<readonly string[]>;
  /** The arguments of the target of a device, in words; devices are `major:minor`. @throws ENXIO when there is no such device. */
  parameters(name: string): Promise<readonly string[]>;
  /** How many sectors of 512 bytes a device has. @throws ENXIO when there is no such device. */
  sectors(name: string): Promise<number>;
  /** The names of all devices. */
  list(): Promise<readonly string[]>;
  /** One device; undefined when there is none. */
  find(name: string): Promise<MappedDevice | undefined>;
}

/** The path of a device. */
export function mappedDevicePath(name: string): string {
  return `${DIRECTORY}/${name}`;
}

/** Why there is no device mapper for this process; undefined when there is one. */
export function deviceMapperMissing(): string | undefined {
  try {
    accessSync(`${DIRECTORY}/control`, fileConstants.W_OK);
    return undefined;
  } catch {
    return `this kernel has no device mapper, or this user may not use it (${DIRECTORY}/control)`;
  }
}

/** The device mapper of this machine. Every method throws a system error when the kernel refuses. */
export const deviceMapper: DeviceMapper = Object.freeze({
  create,
  replace,
  reload,
  remove,
  suspend: (name: string) => setSuspended(name, DM_FLAG.SUSPEND),
  resume: (name: string) => setSuspended(name, 0),
  message,
  status,
  parameters,
  sectors,
  list,
  find,
});

async function create(name: string, table: DeviceTable): Promise<void> {
  await askDeviceMapper({ command: 'DEV_CREATE', name });
  try {
    await load(name, table);
    const { minor } = await askDeviceMapper({ command: 'DEV_SUSPEND', name });
    link(name, minor);
  } catch (error) {
    await remove(name);
    throw error;
  }
}

async function replace(name: string, table: DeviceTable): Promise<void> {
  await load(name, table);
  await setSuspended(name, DM_FLAG.SUSPEND | DM_FLAG.SKIP_LOCKFS | DM_FLAG.NOFLUSH);
  await setSuspended(name, 0);
}

async function reload(name: string, table: DeviceTable): Promise<void> {
  await load(name, table);
  await setSuspended(name, DM_FLAG.SUSPEND);
  await setSuspended(name, 0);
}

async function load(name: string, table: DeviceTable): Promise<void> {
  const flags = table.readOnly === true ? DM_FLAG.READONLY : 0;
  await askDeviceMapper({ command: 'TABLE_LOAD', name, flags, targets: 1, data: encodeTable(table) });
}

function encodeTable({ sectors, type, parameters }: DeviceTable): Buffer {
  const text = Buffer.from(`${parameters}\0`);
  // The next target would begin at a multiple of eight.
  const data = Buffer.alloc(TARGET.SIZE + Math.ceil(text.length / 8) * 8);
  data.writeBigUInt64LE(BigInt(sectors), TARGET.LENGTH);
  data.writeUInt32LE(data.length, TARGET.NEXT);
  data.write(type, TARGET.TYPE, TARGET.TYPE_SIZE - 1);
  text.copy(data, TARGET.SIZE);
  return data;
}

async function remove(name: string): Promise<void> {
  const { minor } = (await answerAbout(name)) ?? {};
  if (minor === undefined) return;
  for (let tries = 1; ; tries += 1) {
    try {
      await askDeviceMapper({ command: 'DEV_REMOVE', name });
      break;
    } catch (error) {
      if (hasErrno(error, 'ENXIO')) break;
      if (!hasErrno(error, 'EBUSY') || tries === BUSY.tries) throw error;
      await delay(BUSY.milliseconds);
    }
  }
  unlink(name, minor);
}

async function setSuspended(name: string, flags: number): Promise<void> {
  await askDeviceMapper({ command: 'DEV_SUSPEND', name, flags });
}

async function message(name: string, text: string): Promise<void> {
  // struct dm_target_msg: the sector, of the first target here, and the text.
  const data = Buffer.concat([Buffer.alloc(8), Buffer.from(`${text}\0`)]);
  await askDeviceMapper({ command: 'TARGET_MSG', name, data });
}

async function status(name: string): Promise<readonly string[]> {
  const { data } = await askDeviceMapper({ command: 'TABLE_STATUS', name });
  return textAt(data, TARGET.SIZE).split(' ');
}

async function parameters(name: string): Promise<readonly string[]> {
  const { data } = await askDeviceMapper({ command: 'TABLE_STATUS', name, flags: DM_FLAG.STATUS_TABLE });
  return textAt(data, TARGET.SIZE).split(' ');
}

async function sectors(name: string): Promise<number> {
  const { data } = await askDeviceMapper({ command: 'TABLE_STATUS', name });
  return Number(data.readBigUInt64LE(TARGET.LENGTH));
}

async function list(): Promise<readonly string[]> {
  const { data } = await askDeviceMapper({ command: 'LIST_DEVICES', name: '' });
  const names: string[] = [];
  // struct dm_name_list: the number of a device, the distance to the next entry, the name.
  for (let at = 0; data.length >= at + 12 && data.readBigUInt64LE(at) !== 0n; ) {
    names.push(textAt(data, at + 12));
    const next = data.readUInt32LE(at + 8);
    if (next === 0) break;
    at += next;
  }
  return names;
}

async function find(name: string): Promise<MappedDevice | undefined> {
  const answer = await answerAbout(name);
  if (answer === undefined) return undefined;
  return { name, open: answer.openCount, suspended: (answer.flags & DM_FLAG.SUSPEND) !== 0 };
}

async function answerAbout(name: string): Promise<DeviceMapperAnswer | undefined> {
  try {
    return await askDeviceMapper({ command: 'DEV_STATUS', name });
  } catch (error) {
    if (hasErrno(error, 'ENXIO')) return undefined;
    throw error;
  }
}

function textAt(data: Buffer, start: number): string {
  const end = data.indexOf(0, start);
  return data.toString('utf8', start, end < 0 ? data.length : end);
}

function target(minor: number): string {
  return `../dm-${minor}`;
}

function link(name: string, minor: number): void {
  // A node of a device that is gone would lead to another device.
  if (linkOf(name) !== undefined && linkOf(name) !== target(minor)) rmSync(mappedDevicePath(name), { force: true });
  try {
    symlinkSync(target(minor), mappedDevicePath(name));
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error;
  }
}

function unlink(name: string, minor: number): void {
  if (linkOf(name) === target(minor)) rmSync(mappedDevicePath(name), { force: true });
}

function linkOf(name: string): string | undefined {
  try {
    return readlinkSync(mappedDevicePath(name));
  } catch {
    return undefined;
  }
}
