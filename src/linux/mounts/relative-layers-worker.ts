/** A thread for one mount whose options have relative paths; see `relative-layers.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { toPlainError } from '../../base/index.js';
import { libc } from '../calls/libc.js';
import { checked, mount } from '../calls/sys.js';
import type { RelativeMount, RelativeMountReply } from './relative-layers.js';

/** Gives this thread a working directory of its own; include/uapi/linux/sched.h. */
const CLONE_FS = 0x200;

function mountIn({ directory, call }: RelativeMount): void {
  const c = libc();
  checked(c.unshare(CLONE_FS), c, { syscall: 'unshare' });
  checked(c.chdir(directory), c, { syscall: 'chdir', path: directory });
  mount(call);
}

let reply: RelativeMountReply = {};
try {
  mountIn(workerData);
} catch (error) {
  reply = { error: toPlainError(error) };
}
parentPort?.postMessage(reply);
