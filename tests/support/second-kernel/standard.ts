import path from 'node:path';
import { makeDisk } from './disk.js';
import { SecondKernel } from './kernel.js';

/** The disks of the kernel that the test files of tests/kernel run in. */
export const disks = { ext4: '/dev/ubda', xfs: '/dev/ubdb', empty: '/dev/ubdc' } as const;

/** The modules that are loaded there, of which a kernel may have built in some. ext4, xfs and btrfs are built in. */
export const standardModules = [
  'overlay',
  'loop',
  'erofs',
  'quota_v2',
  'dm-mod',
  'dm-thin-pool',
  'dm-flakey',
  'dm-delay',
];

/** Boots the kernel for the test files of tests/kernel, with new disks in a folder. */
export async function bootStandard(directory: string): Promise<SecondKernel> {
  const files = [
    await makeDisk(path.join(directory, 'ext4'), 'ext4'),
    await makeDisk(path.join(directory, 'xfs'), 'xfs'),
    await makeDisk(path.join(directory, 'empty'), 'empty', 2048),
  ];
  return SecondKernel.boot({ directory, disks: files, modules: standardModules });
}
