/**
 * Overlay mounts with more options than the one page that mount(2) takes, on kernels that take them no other way: the
 * layers are named by paths relative to the directory that they all lie in (containerd: core/mount/mount_linux.go).
 */
import { posix } from 'node:path';
import { Worker } from 'node:worker_threads';
import { fromPlainError, type PlainError } from '../../base/index.js';
import { InternalError, InvalidArgumentError } from '../../errors/index.js';
import { type MountCall, pageSize } from '../calls/sys.js';
import { isLayer, lowerdirOf, type OverlayMount } from './overlay-mount.js';

/** What the thread is given. */
export interface RelativeMount {
  /** Where relative paths of the call start. */
  readonly directory: string;
  readonly call: MountCall;
}

/** What the thread says at its end: nothing when it is done. */
export type RelativeMountReply = { readonly error?: PlainError };

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
 * Mounts an overlay whose layers have absolute paths. Takes a thread of its own, since a working directory belongs to the
 * whole process unless a thread parts with it: 30 ms.
 * @param data The mount options that the parameters were made from.
 * @throws a system error; InvalidArgumentError when the options are still too long.
 */
export async function mountWithRelativeLayers(mount: OverlayMount, data: readonly string[]): Promise<void> {
  const workerData = relativeMount(mount, data);
  const worker = new Worker(new URL('./relative-layers-worker.js', import.meta.url), { workerData });
  const { error } = await new Promise<RelativeMountReply>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
    worker.once('exit', () => reject(new InternalError('the thread that mounts ended early')));
  });
  if (error !== undefined) throw fromPlainError(error);
}
