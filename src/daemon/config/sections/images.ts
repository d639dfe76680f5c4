/** The settings of images. */
import { option, section } from '../option.js';
import { count, integer, size } from '../value-types.js';

/** What an import may bring. */
export const images = section(
  'Limits for layers that are imported, so that a small archive cannot fill a disk. They are far above what any layer has.',
  {
    max_layer_size: option({
      type: size(2 ** 20, 2 ** 50),
      default: 2 ** 40,
      doc: 'The most bytes of files in one layer. Holes of sparse files do not count.',
    }),
    max_layer_entries: option({
      type: count(1, 2 ** 40),
      default: 10_000_000,
      doc: 'The most files, directories and links in one layer.',
    }),
    max_ratio: option({
      type: integer(1, 1_000_000),
      default: 500,
      doc: 'How many times as large as its archive a layer may be, once it has more than 1 GiB.',
    }),
  },
);
