import { join } from 'node:path';
import type { Config } from '../config/index.js';

/** Where a repair puts what it takes from a snapshotter: below the root, or where its files lie if that is elsewhere. */
export function lostAndFoundOf({ root, plugins }: Pick<Config, 'root' | 'plugins'>, snapshotter: string): string {
  const sections: Readonly<Record<string, object>> = plugins;
  const section = sections[`io.containerd.snapshotter.v1.${snapshotter}`];
  const elsewhere = section !== undefined && 'rootPath' in section ? section.rootPath : '';
  return join(typeof elsewhere === 'string' && elsewhere !== '' ? elsewhere : root, 'lost+found');
}
