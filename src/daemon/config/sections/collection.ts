/** The settings of garbage collection. */
import { option, section } from '../option.js';
import { boolean, count, duration, fraction } from '../value-types.js';
import { MINUTE } from './units.js';

/** Collections of what nothing keeps. */
export const gc = section(
  'Garbage collection: removes what was made under a lease and is under none any more, and what has expired. What is made without a lease stays until somebody removes it. Without effect behind a containerd, which collects by itself.',
  {
    enabled: option({
      type: boolean,
      default: true,
      doc: 'Whether collections run by themselves. `strata gc` runs one in any case.',
    }),
    pause_threshold: option({
      type: fraction(0.5),
      default: 0.02,
      doc: 'The share of time that collections may take: after one that took 10 ms the next waits for 490 ms. `0` waits for a second.',
      containerd: 'plugins."io.containerd.gc.v1.scheduler".pause_threshold',
    }),
    deletion_threshold: option({
      type: count(0, 1_000_000_000),
      default: 0,
      doc: 'So many removals bring a collection on after `schedule_delay`; with `0` they wait for the pause to be over.',
      containerd: 'plugins."io.containerd.gc.v1.scheduler".deletion_threshold',
    }),
    mutation_threshold: option({
      type: count(0, 1_000_000_000),
      default: 100,
      doc: 'So many changes are followed by a collection, also when nothing was removed; `0` means never.',
      containerd: 'plugins."io.containerd.gc.v1.scheduler".mutation_threshold',
    }),
    schedule_delay: option({
      type: duration(10 * MINUTE),
      default: 0,
      doc: 'How long a collection waits that `deletion_threshold` has brought on.',
      containerd: 'plugins."io.containerd.gc.v1.scheduler".schedule_delay',
    }),
    startup_delay: option({
      type: duration(10 * MINUTE),
      default: 100,
      doc: 'When the first collection runs after the start; `0ms` means that it waits for the first change.',
      containerd: 'plugins."io.containerd.gc.v1.scheduler".startup_delay',
    }),
  },
);
