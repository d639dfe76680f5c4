/** The settings about limits that every snapshotter has. */
import { option } from '../option.js';
import { count, oneOf, size } from '../value-types.js';

/** The settings about limits that every snapshotter has. */
export const limitOptions = {
  limit_policy: option<'strict' | 'warn'>({
    type: oneOf(['strict', 'warn']),
    default: 'strict',
    doc: 'What happens where a limit that was asked for cannot be kept: `strict` refuses the call, `warn` logs it and goes on without the limit. See [limits.md](limits.md).',
  }),
  default_size_limit: option({
    type: size(0, 2 ** 53 - 2 ** 10),
    default: 0,
    doc: 'The most that an active snapshot may take, as bytes or with a unit, where the label `containerd.io/snapshot/max-size` does not say otherwise; 0 for no limit.',
  }),
  default_inode_limit: option({
    type: count(0, Number.MAX_SAFE_INTEGER),
    default: 0,
    doc: 'The most files and directories that an active snapshot may have, where the label `strata.dev/max-inodes` does not say otherwise; 0 for no limit.',
  }),
};
