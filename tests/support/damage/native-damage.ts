import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { besideLayers, chain, foreign, missingDirectories, orphan, treeDamages } from './common.js';
import type { Damage } from './damage.js';

/** Damage to full copies. */
export const nativeDamages: readonly Damage[] = [
  ...missingDirectories,
  {
    kind: 'wrong-type',
    name: 'a link in the place of a layer',
    make: (_, { top }) => {
      rmSync(top.directory, { recursive: true });
      symlinkSync('/', top.directory);
    },
    gone: chain,
  },
  {
    kind: 'usage-differs',
    name: 'a file that was added to a layer',
    make: (_, { base }) => writeFileSync(path.join(base.directory, 'more'), ''),
    left: ['usage-differs'],
  },
  orphan,
  foreign,
  ...treeDamages(besideLayers),
];
