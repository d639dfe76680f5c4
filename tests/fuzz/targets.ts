import { archives } from './archives.js';
import { configurations } from './configurations.js';
import { directories } from './directories.js';
import { filters } from './filters.js';
import { http2 } from './http2.js';
import { layers } from './layers.js';
import { messages } from './messages.js';
import { storeFiles } from './store-files.js';
import type { FuzzTarget } from './target.js';

/** Everything that is fuzzed. */
export const targets: readonly FuzzTarget[] = [
  messages,
  http2,
  filters,
  configurations,
  storeFiles,
  directories,
  archives,
  layers,
];
