/** Makes a file system, says where, and waits for its end. */
import { loopFileSystem } from './loop-file-system.js';

const { path, device } = await loopFileSystem({ type: 'ext4', size: 16 * 2 ** 20 });
process.send?.({ path, device });
setInterval(() => undefined, 1000);
