/**
 * The thin devices of the snapshots, as they lie in the store:
 *
 *     devmapper.devices   [pool, snapshot id]   id of the device in the pool, state, file system, size, what it shares
 *     devmapper.numbers   [pool]                the largest of these ids that was ever given out
 *
 * A pool knows its devices by numbers of 24 bits that somebody has to give out, and it forgets what was being done to
 * them. So the number is recorded before the device is made, and each change of its state before and after it happens:
 * what a crash leaves is found here, never by guessing. Records of snapshots and devices are in one store, but not in
 * one transaction: a device whose snapshot has no record is deleted by the next clean-up.
 */
import { type Codec, defineTable, numberCodec, type RecordReader, type RecordWriter } from '../../store/index.js';

/**
 * What is known about a device. Those in `-ing` are recorded before the work, and tell the next start what was not
 * finished. `faulty` is for good: what is on the device cannot be relied upon.
 */
export const deviceStates = [
  'unknown',
  'creating',
  'activating',
  'activated',
  'deactivating',
  'deactivated',
  'removing',
  'faulty',
] as const;

/** See `deviceStates`. */
export type DeviceState = (typeof deviceStates)[number];

/** The file systems that a device can have. */
export const fileSystems = ['ext4', 'xfs', 'ext2'] as const;

/** See `fileSystems`. */
export type DeviceFileSystem = (typeof fileSystems)[number];

/** One thin device. */
export interface DeviceRecord {
  /** Its number in the pool, below 2^24. */
  readonly deviceId: number;
  readonly state: DeviceState;
  readonly fileSystem: DeviceFileSystem;
  /** Bytes that it seems to have. */
  readonly size: number;
  /** Bytes that it had from its origin when it was made. */
  readonly shared: number;
  /** Why it is faulty; empty when it is not. */
  readonly fault: string;
}

function writeRecord(record: DeviceRecord, writer: RecordWriter): void {
  writer.number(record.deviceId).number(deviceStates.indexOf(record.state));
  writer.number(fileSystems.indexOf(record.fileSystem)).number(record.size).number(record.shared).text(record.fault);
}

function readRecord(reader: RecordReader): DeviceRecord {
  return {
    deviceId: reader.number(),
    state: deviceStates[reader.number()] ?? 'unknown',
    fileSystem: fileSystems[reader.number()] ?? 'ext4',
    size: reader.number(),
    shared: reader.number(),
    fault: reader.text(),
  };
}

const deviceCodec: Codec<DeviceRecord> = { encode: writeRecord, decode: readRecord };

/** Devices by pool and id of the snapshot; 0 is the device that those without parents are made from. */
export const devicesTable = defineTable<readonly [pool: string, id: number], DeviceRecord>({
  name: 'devmapper.devices',
  shape: ['string', 'number'],
  codec: deviceCodec,
});

/**
 * The last number that was given out, by pool: none is given out again before all have been, so that what was once told of
 * a layer (see `descriptions.ts`) never comes to be said of another's device.
 */
export const deviceNumbersTable = defineTable<readonly [pool: string], number>({
  name: 'devmapper.numbers',
  shape: ['string'],
  codec: numberCodec,
});

/** Every table of this driver, for opening a store. */
export const devmapperTables = [devicesTable, deviceNumbersTable] as const;
