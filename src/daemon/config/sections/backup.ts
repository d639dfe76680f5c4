/** The settings of backups. */
import { option, section } from '../option.js';
import { duration, integer, optionalPath } from '../value-types.js';
import { DAY, HOUR } from './units.js';

/** Backups of the records. */
export const backup = section(
  'Backups of the records, made while the daemon serves. They do not hold the files of layers.',
  {
    interval: option({
      type: duration(30 * DAY),
      default: HOUR,
      doc: 'How often a backup is made, unless nothing has changed since the last one; `0ms` makes none. They are on by default, since the records are small: some hundred bytes for a snapshot.',
    }),
    keep: option({
      type: integer(1, 10_000),
      default: 24,
      doc: 'How many backups there are at most. The oldest are deleted.',
    }),
    directory: option({
      type: optionalPath,
      default: '',
      doc: 'Where they are put; empty means `<root>/io.strata.backup.v1.records`. On another disk they survive the loss of this one.',
    }),
  },
);
