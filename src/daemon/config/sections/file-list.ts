/** The setting about file lists, for every snapshotter whose layers can be read. */
import { option } from '../option.js';
import { boolean } from '../value-types.js';

/** Whether commits list what is in the layer. */
export const fileListOption = option({
  type: boolean,
  default: false,
  doc: 'Writes, with each commit, a list of what is in the layer and of the checksums of its files, so that `strata check --deep` can tell whether the layer is still what it was. A commit then reads every file of the layer once. See [check.md](check.md).',
});
