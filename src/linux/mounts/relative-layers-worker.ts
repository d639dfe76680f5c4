/** A thread for mounts whose options have relative paths; see `relative-layers.ts`. */
import { answerRequests } from '../../base/index.js';
import { libc } from '../calls/libc.js';
import { checked, mount } from '../calls/sys.js';
import type { RelativeMount } from './relative-layers.js';

/** Gives this thread a working directory of its own; include/uapi/linux/sched.h. */
const CLONE_FS = 0x200;

answerRequests<RelativeMount, void>(({ directory, call }) => {
  const c = libc();
  checked(c.unshare(CLONE_FS), c, { syscall: 'unshare' });
  checked(c.chdir(directory), c, { syscall: 'chdir', path: directory });
  mount(call);
});
