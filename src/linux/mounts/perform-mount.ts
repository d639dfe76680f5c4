import { InvalidArgumentError } from '../../errors/index.js';
import { isAtLeast, type KernelVersion, kernelVersion } from '../calls/kernel-facts.js';
import { MS, mount, pageSize } from '../calls/sys.js';
import { attachLoop } from '../devices/loop.js';
import { mountByParameters } from './mount-by-parameters.js';
import type { MountSpec, ParsedOptions } from './mount-options.js';
import { isLayer, overlayParameters } from './overlay-mount.js';
import { mountWithRelativeLayers } from './relative-layers.js';

/** What overlay takes as a parameter per layer since. */
const LAYER_PARAMETERS = { major: 6, minor: 5 };

/** How many layers overlay takes below the upper directory (fs/overlayfs/overlayfs.h, OVL_MAX_STACK). */
const MOST_LAYERS = 500;

/** A mount with its options sorted. */
export interface PreparedMount extends ParsedOptions {
  readonly spec: MountSpec;
}

/**
 * Performs one mount at a directory, without mapping ids: by mount(2), unless it is an overlay with more than
 * one page of options. A source that needs a loop device gets one, which is released with the last mount of it.
 * @param kernel The kernel's version, which decides how; that of this machine when absent.
 * @throws a system error; InvalidArgumentError when the options are too long, or the layers too many.
 */
export async function performMount(
  prepared: PreparedMount,
  target: string,
  kernel: KernelVersion = kernelVersion(),
): Promise<void> {
  const { spec, flags, loop, data } = prepared;
  const text = data.join(',');
  if (Buffer.byteLength(text) >= pageSize()) return mountLong(prepared, target, kernel);
  const call = { source: spec.source, target, type: spec.type, flags, data: text };
  if (loop === undefined) return mount(call);
  const readOnly = (flags & MS.RDONLY) !== 0;
  using device = attachLoop(spec.source, { readOnly, directIo: loop.directIo });
  mount({ ...call, source: device.path });
}

async function mountLong({ spec, flags, data }: PreparedMount, target: string, kernel: KernelVersion): Promise<void> {
  const { type, source } = spec;
  if (type !== 'overlay') throw new InvalidArgumentError('mount options is too long');
  const parameters = overlayParameters(data);
  const layers = parameters.filter(isLayer).length;
  if (layers > MOST_LAYERS) {
    throw new InvalidArgumentError(`overlay takes at most ${MOST_LAYERS} layers below, and these are ${layers}`);
  }
  const overlay = { source, target, flags, parameters };
  if (isAtLeast(kernel, LAYER_PARAMETERS)) mountByParameters({ type, ...overlay });
  else await mountWithRelativeLayers(overlay, data);
}
