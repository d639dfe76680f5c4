/** Damage to what is known of thin devices, and to the devices. */
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { devmapperTables } from '../../../src/drivers/index.js';
import { type DeviceMapper, temporaryMount } from '../../../src/linux/index.js';
import type { CheckedRoot } from '../checked-root.js';
import type { Damage, Placed } from './damage.js';

const [devicesTable] = devmapperTables;
const chain = ['top', 'work', 'look'] as const;
/** What is recorded of the devices of what is dropped goes with them. */
const touches = /^devmapper\.devices /;

type DeviceRecord = Parameters<(typeof devicesTable)['codec']['encode']>[0];

/** The pool of all records. */
function poolOf({ store }: CheckedRoot): string {
  const [[pool] = []] = store.read((tx) => [...tx.keys(devicesTable)]);
  if (pool === undefined) throw new Error('there is no device');
  return pool;
}

async function alter(root: CheckedRoot, { id }: Placed, change: (record: DeviceRecord) => DeviceRecord): Promise<void> {
  const key = [poolOf(root), id] as const;
  await root.store.write((tx) => {
    const record = tx.get(devicesTable, key);
    if (record === undefined) throw new Error(`no device of ${id}`);
    tx.put(devicesTable, key, change(record));
  });
}

/** Changes what is on the device of a layer, as somebody else might. */
async function alterContent(
  mapper: DeviceMapper,
  root: CheckedRoot,
  { layer: { id }, work }: { readonly layer: Placed; readonly work: (tree: string) => void },
): Promise<void> {
  const pool = poolOf(root);
  const record = root.store.read((tx) => tx.get(devicesTable, [pool, id]));
  if (record === undefined) throw new Error(`no device of ${id}`);
  const name = `${pool}-damage`;
  const parameters = `/dev/mapper/${pool} ${record.deviceId}`;
  await mapper.create(name, { sectors: record.size / 512, type: 'thin', parameters });
  try {
    const source = `/dev/mapper/${name}`;
    await using mounted = await temporaryMount([{ type: record.fileSystem, source, target: '', options: [] }]);
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
      make: async (root, { top }) => {
        const key = [poolOf(root), top.id] as const;
        await root.store.write((tx) => void tx.remove(devicesTable, key));
      },
      gone: chain,
      touches,
    },
    {
      kind: 'faulty-device',
      name: 'a layer whose disk failed',
      make: (root, { top }) => alter(root, top, (record) => ({ ...record, state: 'faulty', fault: 'it broke' })),
      gone: chain,
      touches,
    },
    {
      kind: 'duplicate-device',
      name: 'two snapshots with one device',
      make: async (root, { lone, work }) => {
        const record = root.store.read((tx) => tx.get(devicesTable, [poolOf(root), work.id]));
        await alter(root, lone, (own) => ({ ...own, deviceId: record?.deviceId ?? 0 }));
      },
      left: ['duplicate-device'],
    },
    {
      kind: 'inactive-device',
      name: 'of an active snapshot',
      make: (root, { work }) => mapper.remove(`${poolOf(root)}-snap-${work.id}`),
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
      manifest: true,
    },
    {
      kind: 'content-added',
      name: 'a file that came into a layer',
      make: (root, { top }) =>
        alterContent(mapper, root, { layer: top, work: (tree) => writeFileSync(path.join(tree, 'etc', 'more'), '') }),
      also: ['content-differs'],
      gone: chain,
      touches,
      manifest: true,
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
      manifest: true,
    },
    {
      kind: 'unreadable-manifest',
      name: 'a manifest without its end',
      make: (root, { top }) => truncateSync(path.join(root.root, 'manifests', String(top.id)), 100),
      left: ['unreadable-manifest'],
      manifest: true,
    },
    {
      kind: 'orphan-directory',
      name: 'a device of nobody',
      make: async (root, { lone }) => {
        const pool = poolOf(root);
        await root.store.write((tx) => {
          const record = tx.get(devicesTable, [pool, lone.id]);
          if (record !== undefined) tx.put(devicesTable, [pool, 903], { ...record, deviceId: 903 });
        });
      },
      heals: true,
    },
  ];
}
