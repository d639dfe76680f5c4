/** Damage to what is known of thin devices, and to the devices. */
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type DeviceMapper, temporaryMount } from '../../../src/linux/index.js';
import { statement } from '../../../src/store/index.js';
import type { CheckedRoot } from '../checked-root.js';
import { chain } from './common.js';
import type { Damage, Placed } from './damage.js';
import { alterRows } from './record-damage.js';

/** What is recorded of the devices of what is dropped goes with them. */
const touches = /^devmapper_devices /;

interface Device {
  readonly pool: string;
  readonly device: number;
  readonly size: number;
  readonly fileSystem: string;
}

const deviceOfId = statement<Device>(
  'SELECT pool, device, size, file_system AS fileSystem FROM devmapper_devices WHERE snapshot = ?',
);

function deviceOf({ store }: CheckedRoot, { id }: Placed): Device {
  const device = store.read((tx) => tx.get(deviceOfId, id));
  if (device === undefined) throw new Error(`no device of ${id}`);
  return device;
}

/** Changes what is on the device of a layer, as somebody else might. */
async function alterContent(
  mapper: DeviceMapper,
  root: CheckedRoot,
  { layer, work }: { readonly layer: Placed; readonly work: (tree: string) => void },
): Promise<void> {
  const { pool, device, size, fileSystem } = deviceOf(root, layer);
  const name = `${pool}-damage`;
  await mapper.create(name, { sectors: size / 512, type: 'thin', parameters: `/dev/mapper/${pool} ${device}` });
  try {
    const source = `/dev/mapper/${name}`;
    await using mounted = await temporaryMount([{ type: fileSystem, source, target: '', options: [] }]);
    work(mounted.path);
  } finally {
    await mapper.remove(name);
  }
}

/** The table of it. @param mapper That of the machine with the pool. */
export function devmapperDamages(mapper: DeviceMapper): readonly Damage[] {
  return [
    {
      kind: 'missing-device',
      name: 'of a layer, of which nothing is recorded',
      make: (root, { top }) => alterRows(root, `DELETE FROM devmapper_devices WHERE snapshot = ${top.id}`),
      gone: chain,
      touches,
    },
    {
      kind: 'faulty-device',
      name: 'a layer whose disk failed',
      make: (root, { top }) =>
        alterRows(root, `UPDATE devmapper_devices SET state = 'faulty', fault = 'it broke' WHERE snapshot = ${top.id}`),
      gone: chain,
      touches,
    },
    {
      kind: 'inactive-device',
      name: 'of an active snapshot',
      make: (root, { work }) => mapper.remove(`${deviceOf(root, work).pool}-snap-${work.id}`),
      heals: true,
    },
    {
      kind: 'content-missing',
      name: 'a file that is gone from a layer',
      make: (root, { top }) =>
        alterContent(mapper, root, { layer: top, work: (tree) => rmSync(path.join(tree, 'etc', 'file')) }),
      also: ['content-differs'],
      gone: chain,
      touches,
      fileList: true,
    },
    {
      kind: 'content-added',
      name: 'a file that came into a layer',
      make: (root, { top }) =>
        alterContent(mapper, root, { layer: top, work: (tree) => writeFileSync(path.join(tree, 'etc', 'more'), '') }),
      also: ['content-differs'],
      gone: chain,
      touches,
      fileList: true,
    },
    {
      kind: 'content-differs',
      name: 'a byte in a file of a layer',
      make: (root, { top }) =>
        alterContent(mapper, root, {
          layer: top,
          work: (tree) => writeFileSync(path.join(tree, 'etc', 'file'), 'Of the top'),
        }),
      gone: chain,
      touches,
      fileList: true,
    },
    {
      kind: 'unreadable-file-list',
      name: 'a file list without its end',
      make: (root, { top }) => truncateSync(path.join(root.root, 'file-lists', String(top.id)), 100),
      left: ['unreadable-file-list'],
      fileList: true,
    },
    {
      kind: 'orphan-directory',
      name: 'a device of nobody',
      make: (root, { lone }) =>
        alterRows(
          root,
          `INSERT INTO devmapper_devices
           SELECT pool, 903, 903, state, file_system, size, shared, fault
           FROM devmapper_devices WHERE snapshot = ${lone.id}`,
        ),
      heals: true,
    },
  ];
}
