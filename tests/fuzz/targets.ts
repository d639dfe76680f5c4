import { configurations } from './configurations.js';
import { directories } from './directories.js';
import { filters } from './filters.js';
import { messages } from './messages.js';
import { pages } from './pages.js';
import type { FuzzTarget } from './target.js';

/** Everything that is fuzzed. */
export const targets: readonly FuzzTarget[] = [messages, filters, configurations, pages, directories];
