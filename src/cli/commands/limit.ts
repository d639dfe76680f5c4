import { FailedPreconditionError } from '../../errors/index.js';
import { type Info, limitsFromLabels, maxInodesLabel, maxSizeLabel, noLimit } from '../../snapshots/api/index.js';
import { defineCommand } from '../command.js';
import { UsageError } from '../failure.js';
import { type LimitFlags, limitFlags, limitLabels } from '../limit-flags.js';
import { renderFields } from '../output/table.js';
import { formatBytes } from '../output/units.js';

interface LimitOptions extends LimitFlags {
  readonly none?: boolean;
}

/** What a snapshot takes, and what its labels allow; null for what they do not limit. */
interface LimitRow {
  readonly key: string;
  readonly size: number;
  readonly maxSize: number | null;
  readonly inodes: number;
  readonly maxInodes: number | null;
}

function wantedLabels({ none = false, ...flags }: LimitOptions): Map<string, string> {
  const labels = limitLabels(flags);
  if (!none) return labels;
  if (labels.size > 0) throw new UsageError('--none takes all limits off, so it goes with no other option');
  return limitLabels({ size: noLimit, inodes: noLimit });
}

function requireActive({ name, kind }: Info): void {
  if (kind === 'active') return;
  throw new FailedPreconditionError(`snapshot ${name} is ${kind}: nobody writes to it, so there is nothing to limit`);
}

function shownLimit(limit: number | null, label: string | undefined, format: (value: number) => string): string {
  if (limit !== null) return `of ${format(limit)}`;
  return label === noLimit ? 'not limited' : 'no limit but the default of the back end';
}

/** `strata limit` */
export const limit = defineCommand<LimitOptions, LimitRow & Pick<Info, 'labels'>>({
  name: 'limit',
  summary: 'limit what an active snapshot may take',
  description:
    'Limit what an active snapshot may take on disk, at once and while it is in use, and show it. Writes beyond a limit fail with EDQUOT or ENOSPC. See docs/limits.md for what each back end can limit.',
  arguments: [{ syntax: '<key>', description: 'the key of an active snapshot' }],
  options: [...limitFlags, { flags: '--none', description: 'take all limits off' }],
  examples: ['limit sandbox-1 --size 10G --inodes 1M', 'limit sandbox-1', 'limit sandbox-1 --none'],
  async run(context, { args: [key = ''], options }) {
    const wanted = wantedLabels(options);
    const snapshotter = await context.snapshotter();
    const before = await snapshotter.stat(key, context.call);
    requireActive(before);
    const fieldpaths = [...wanted.keys()].map((label) => `labels.${label}`);
    const change = { name: key, labels: wanted, fieldpaths };
    const { labels } = wanted.size === 0 ? before : await snapshotter.update(change, context.call);
    const { bytes = null, inodes: maxInodes = null } = limitsFromLabels(labels);
    return { key, ...(await snapshotter.usage(key, context.call)), maxSize: bytes, maxInodes, labels };
  },
  print: ({ key, size, maxSize, inodes, maxInodes, labels }) =>
    renderFields([
      ['Key', key],
      ['Size', `${formatBytes(size)}, ${shownLimit(maxSize, labels.get(maxSizeLabel), formatBytes)}`],
      ['Inodes', `${inodes}, ${shownLimit(maxInodes, labels.get(maxInodesLabel), String)}`],
    ]),
});
