/**
 * Overlay mounts with more options than the one page that mount(2) takes, on kernels that take them no other way: the
 * layers are named by paths relative to the directory that they all lie in (containerd: core/mount/mount_linux.go).
 */
import { posix } from 'node:path';
import { Worker } from 'node:worker_threads';
import { WorkerPool } from '../../base/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import { type MountCall, pageSize } from '../calls/sys.js';
import { isLayer, lowerdirOf, type OverlayMount } from './overlay-mount.js';

/** What the thread is given. */
export interface RelativeMount {
  /** Where relative paths of the call start. */
  readonly directory: string;
  readonly call: MountCall;
}

/** All threads of a process share its working directory unless one unshares it, so this uses a thread of its own. */
const thread = new WorkerPool<RelativeMount, void>({
  start: (options) => new Worker(new URL('./relative-layers-worker.js', import.meta.url), options),
  name: 'strata-mount',
  threads: 1,
});

/** The deepest directory that all of these absolute paths lie in. */
function commonDirectory(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => posix.dirname(path).split('/'));
  const differs = first.findIndex((part, index) => others.some((other) => other[index] !== part));
  const common = differs < 0 ? first : first.slice(0, differs);
  return common.join('/') || '/';
}

function relativeMount({ source, target, flags, parameters }: OverlayMount, data: readonly string[]): RelativeMount {
  const layers = parameters.filter(isLayer);
  const directory = commonDirectory(layers.map(({ value }) => String(value)));
  const shorter = layers.map(({ key, value }) => ({ key, value: posix.relative(directory, String(value)) }));
  const others = data.filter((option) => !option.startsWith('lowerdir='));
  const text = [...others, `lowerdir=${lowerdirOf(shorter)}`].join(',');
  if (Buffer.byteLength(text) >= pageSize()) throw new InvalidArgumentError('mount options is too long');
  return { directory, call: { source, target: posix.resolve(target), type: 'overlay', flags, data: text } };
}

/**
 * Mounts an overlay whose layers have absolute paths, in a thread: 30 ms the first time.
 * @param data The mount options that the parameters were made from.
 * @throws a system error; InvalidArgumentError when the options are still too long.
 */
export async function mountWithRelativeLayers(mount: OverlayMount, data: readonly string[]): Promise<void> {
  await thread.run(relativeMount(mount, data));
}
