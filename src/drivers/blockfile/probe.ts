import { existsSync } from 'node:fs';
import { findProgram } from '../../linux/index.js';
import type { ResolvedBlockfileOptions } from './options.js';
import { scratchPath } from './scratch.js';

/** Why no image can be made here; undefined when one can. */
export function whyNoImages({ root, fsType, scratchFile }: ResolvedBlockfileOptions): string | undefined {
  if (existsSync(scratchPath(root)) || scratchFile !== '') return undefined;
  const needed = fsType === 'ext4' ? ['mkfs.ext4', 'debugfs'] : ['mkfs.xfs'];
  const missing = needed.filter((program) => findProgram(program) === undefined);
  return missing.length === 0 ? undefined : `no scratch file generator (${missing.join(' and ')} not found)`;
}
